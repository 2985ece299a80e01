# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Output as it comes: how late it is, and how much of it a second, against a bare pipe to a loopback socket.

Every contestant takes part once a round. Both ends read the same monotonic clock: a sandbox has no time namespace.
"""
import base64
import contextlib
import json
import shutil
import socket
import subprocess
import time

import samples
import server

# Writes its own time, again and again, with pauses in which everything comes to rest.
TICKS = 40
TICKING = ("import time\n"
           f"for _ in range({TICKS}):\n"
           "    time.sleep(0.005)\n"
           "    print(time.monotonic_ns(), flush=True)\n")
PYTHON = ["/usr/bin/python3", "-c", TICKING]
MUCH = 256 << 20
WRITING = f"yes 0123456789012345678901234567890123456789012345678901234567890123456789 | head -c {MUCH}"
ROUNDS = 5


def absence():
    return None if shutil.which("socat") else "socat is not installed"


class Listener:
    """A loopback socket that a peer's command connects to."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    @contextlib.contextmanager
    def connection_of(self, command):
        """The connection that `command` makes; the command has ended afterwards."""
        with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
            connection, _ = self.socket.accept()
            with connection:
                yield connection
            process.wait(60)


class Events:
    """Server-sent events of one answer over a connection of its own."""

    def __init__(self, service, path, body):
        self.socket = socket.create_connection(("127.0.0.1", service.port), timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        payload = json.dumps(body).encode()
        self.socket.sendall((f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {service.token}\r\n"
                             "Accept: text/event-stream\r\nConnection: close\r\nContent-Type: application/json\r\n"
                             f"Content-Length: {len(payload)}\r\n\r\n").encode() + payload)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def lines(self):
        """Each data line with the time of its arrival in nanoseconds."""
        pending = b""
        while part := self.socket.recv(1 << 16):
            arrived = time.monotonic_ns()
            *lines, pending = (pending + part).split(b"\n")
            for line in lines:
                if line.startswith(b"data:"):
                    yield arrived, json.loads(line[5:])

    def count(self):
        """The bytes until the end of the answer, and the last of them."""
        received, last, buffer = 0, b"", bytearray(1 << 20)
        while size := self.socket.recv_into(buffer):
            received += size
            last = (last + bytes(buffer[max(0, size - 4096):size]))[-4096:]
        return received, last


def written(event):
    return base64.b64decode(event["data_base64"]) if "data_base64" in event else event.get("data", "").encode()


def delays(lines):
    """Milliseconds from the write to the arrival of each line `(arrived, text)`."""
    return [(arrived - int(text)) / 1e6 for arrived, text in lines]


def streamed_ticks(service, sandbox):
    with Events(service, f"{server.SANDBOXES}/{sandbox}/exec", {"code": TICKING}) as events:
        # Lines that come together have the time of the first one only; with pauses between them that is rare.
        found = [(arrived, line) for arrived, event in events.lines() for line in written(event).split()
                 if "seq" in event]
    return delays(found)


def bare_ticks(listener):
    command = ["sh", "-c", f'"$0" -c "$1" | socat -u - TCP:127.0.0.1:{listener.port},nodelay', PYTHON[0], TICKING]
    found, pending = [], b""
    with listener.connection_of(command) as connection:
        while part := connection.recv(1 << 16):
            arrived = time.monotonic_ns()
            *lines, pending = (pending + part).split(b"\n")
            found += [(arrived, line) for line in lines]
    return delays(found)


def streamed_mebibytes(service, sandbox):
    started = time.perf_counter()
    body = {"command": ["sh", "-c", WRITING]}
    with Events(service, f"{server.SANDBOXES}/{sandbox}/exec", body) as events:
        received, last = events.count()
    elapsed = time.perf_counter() - started
    if received < MUCH or f'"stdout_bytes":{MUCH},'.encode() not in last:
        raise RuntimeError(f"a stream ended after {received} bytes: {last[-500:]!r}")
    return MUCH / (1 << 20) / elapsed


def bare_mebibytes(listener):
    started = time.perf_counter()
    command = ["bash", "-c", f"{WRITING} | cat > /dev/tcp/127.0.0.1/{listener.port}"]
    received, buffer = 0, bytearray(1 << 20)
    with listener.connection_of(command) as connection:
        while size := connection.recv_into(buffer):
            received += size
    elapsed = time.perf_counter() - started
    if received != MUCH:
        raise RuntimeError(f"the bare pipe carried {received} bytes")
    return MUCH / (1 << 20) / elapsed


def measure(service):
    """Delays in milliseconds and rates in MiB a second, by contestant."""
    client, listener = service.client(), Listener()
    sandbox = client.create("stateful", max_output_bytes=4096).decoded()["id"]
    late, rates = samples.Samples(), samples.Samples()
    contestants = {"streamed": lambda: streamed_ticks(service, sandbox), "bare": lambda: bare_ticks(listener)}
    carriers = {"streamed": lambda: streamed_mebibytes(service, sandbox), "bare": lambda: bare_mebibytes(listener)}
    for carry in carriers.values():
        carry()
    for _ in range(ROUNDS):
        for name, ticks in contestants.items():
            for delay in ticks():
                late.add(name, delay)
        for name, rate in carriers.items():
            rates.add(name, rate())
    client.delete(sandbox)
    client.close()
    return {"late": late.summaries(), "rates": rates.summaries()}
