# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""The server under measurement: its own process, a temporary data directory, a free loopback port."""
import contextlib
import dataclasses
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

START_TIMEOUT = 60
STOP_TIMEOUT = 60
SANDBOXES = "/auth/v1/seed/default/sandbox"


@dataclasses.dataclass
class Reply:
    status: int
    body: bytes
    milliseconds: float
    server_timing: str
    retry_after: str

    def decoded(self):
        return json.loads(self.body)


class Client:
    """One kept-alive connection, with as little work of its own as the measured time allows: both share the cores."""

    def __init__(self, port, token):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent = None
        self.headers = (f"Host: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
                        "Content-Type: application/json\r\n")

    def call(self, method, path, expected, body=None, timing=False):
        """Sends one request; the time runs from the first byte sent to the last byte received."""
        self.send(method, path, body, timing)
        return self.receive(expected)

    def send(self, method, path, body=None, timing=False):
        payload = b"" if body is None else json.dumps(body).encode()
        wish = "Outpost-Timing: true\r\n" if timing else ""
        head = f"{method} {path} HTTP/1.1\r\n{self.headers}{wish}Content-Length: {len(payload)}\r\n\r\n".encode()
        self.sent = f"{method} {path}", time.perf_counter_ns()
        self.socket.sendall(head + payload)

    def receive(self, *expected):
        """The reply to what was sent last."""
        received = b""
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self.more()
        status, fields = read_head(received[:end].decode("latin-1"))
        content, length = received[end + 4:], int(fields.get("content-length", "0"))
        while len(content) < length:
            content += self.more()
        what, started = self.sent
        milliseconds = (time.perf_counter_ns() - started) / 1e6
        if status not in expected:
            raise RuntimeError(f"{what} answered {status}: {content[:500].decode(errors='replace')}")
        return Reply(status, content, milliseconds, fields.get("server-timing", ""),
                     fields.get("retry-after", ""))

    def more(self):
        part = self.socket.recv(65536)
        if not part:
            raise RuntimeError(f"the server closed the connection of {self.sent[0]}")
        return part

    def create(self, mode, language="python", **limits):
        return self.call("POST", SANDBOXES, 201, {"language": language, "mode": mode, "resource_limits": limits})

    def delete(self, sandbox_id):
        return self.call("DELETE", f"{SANDBOXES}/{sandbox_id}", 204)

    def execute(self, language, code, timing=False):
        return self.call("POST", f"{SANDBOXES}/execute", 200, {"language": language, "code": code}, timing)

    def close(self):
        self.socket.close()


def read_head(text):
    """The status of an answer, and its headers by name in small letters."""
    lines = text.split("\r\n")
    fields = (line.partition(":") for line in lines[1:])
    return int(lines[0].split()[1]), {name.lower(): value.strip() for name, _, value in fields}


class Server:
    """`outpost serve` for the length of a `with` block; stopped by its process id, its directory removed."""

    def __init__(self, binary, settings=None):
        self.binary = binary
        self.settings = settings or {}
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="outpost-bench-", dir="/var/tmp"))
        self.data = self.directory / "data"
        self.log = self.directory / "log"
        self.port = free_port()
        self.process = None
        self.start_milliseconds = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        command = [self.binary, "serve", "--listen", f"127.0.0.1:{self.port}", "--data-dir", str(self.data)]
        # What is measured otherwise is a server without a configuration.
        if self.settings:
            configuration = self.directory / "outpost.yaml"
            configuration.write_text("".join(f"{key}: {value}\n" for key, value in self.settings.items()))
            command += ["--config", str(configuration)]
        started = time.perf_counter()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        while not self.is_healthy():
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with status {self.process.returncode}:\n{self.log_end()}")
            if time.perf_counter() - started > START_TIMEOUT:
                raise RuntimeError(f"the server was not ready within {START_TIMEOUT} s:\n{self.log_end()}")
            time.sleep(0.002)
        self.start_milliseconds = (time.perf_counter() - started) * 1000

    def is_healthy(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        with contextlib.closing(connection):
            try:
                connection.request("GET", "/healthz")
                return connection.getresponse().status == 200
            except OSError:
                return False

    @property
    def token(self):
        return (self.data / "admin.token").read_text().strip()

    def client(self):
        return Client(self.port, self.token)

    def log_end(self):
        return self.log.read_text(errors="replace")[-4000:]

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_TIMEOUT)
            except subprocess.TimeoutExpired:
                print(f"bench: the server did not end within {STOP_TIMEOUT} s of SIGTERM; killing it")
                self.process.kill()
                self.process.wait()
        remove(self.directory)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def remove(directory):
    """Removes `directory`, unless something is still mounted in it: a bind mount leads out of it."""
    mounts = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
    below = [line.split()[4] for line in mounts if line.split()[4].startswith(f"{directory}{os.sep}")]
    if below:
        print(f"bench: left {directory} alone, because these are still mounted: {' '.join(below)}")
    else:
        shutil.rmtree(directory)
