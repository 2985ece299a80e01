# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""The `outpost serve` process under test, and requests to it."""

import http.client
import json
import os
import signal
import socket
import subprocess
import time

BASE = "/auth/v1/seed/default/sandbox"


class Server:
    """Keeps its data directory and its address over restarts."""

    def __init__(self, program: str, directory: str, patience_seconds: int):
        self.program = program
        self.data = os.path.join(directory, "data")
        self.log_path = os.path.join(directory, "log")
        self.patience_seconds = patience_seconds
        self.port = unused_port()
        self.process = None
        # Beyond the variables of this process.
        self.environment = {}

    def spawn(self) -> None:
        """Returns at once, long before it serves."""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [self.program, "serve", "--listen", f"127.0.0.1:{self.port}", "--data-dir", self.data],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, **self.environment})

    def start(self) -> None:
        """Returns when /healthz answers 200."""
        self.spawn()
        deadline = time.monotonic() + self.patience_seconds
        while not self.is_healthy():
            if not self.is_running():
                raise AssertionError(f"serve ended with {self.process.returncode}:\n{self.log_tail()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"serve is not healthy:\n{self.log_tail()}")
            time.sleep(0.1)

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def is_healthy(self) -> bool:
        try:
            return self.request("GET", "/healthz", authorized=False)[0] == 200
        except OSError:
            return False

    def kill(self) -> None:
        """Ends it as a crash would."""
        self.process.kill()
        self.process.wait()

    def terminate(self) -> int:
        """Asks it to end; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(self.patience_seconds)

    def stop(self) -> None:
        """Ends it in any case, cleanly if it lets itself be asked."""
        try:
            self.terminate()
        except subprocess.TimeoutExpired:
            self.kill()

    def log_tail(self) -> str:
        with open(self.log_path, "rb") as log:
            return log.read()[-4000:].decode(errors="replace")

    def request(self, method: str, path: str, body=None, authorized: bool = True, is_raw: bool = False, token=None):
        """The status and the decoded body, or None for an empty one; the bytes of it when `is_raw`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.patience_seconds)
        headers = {}
        if token:
            headers["Authorization"] = token
        elif authorized:
            with open(os.path.join(self.data, "admin.token"), encoding="ascii") as secret:
                headers["Authorization"] = "Bearer " + secret.read().strip()
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        is_json = answer.getheader("Content-Type", "").startswith("application/json") and not is_raw
        return answer.status, json.loads(text) if text and is_json else text or None

    def call(self, method: str, path: str, body=None, status: int = 200):
        """The decoded body of an answer that has `status`."""
        actual, answer = self.request(method, path, body)
        if actual != status:
            raise AssertionError(f"{method} {path} answers {actual}, not {status}: {answer}")
        return answer

    def execute(self, code: str, **fields):
        """Runs Python code in an ephemeral sandbox; returns the execution."""
        return self.call("POST", f"{BASE}/execute", {"language": "python", "code": code, **fields})

    def create(self, **fields):
        return self.call("POST", BASE, {"language": "python", **fields}, status=201)

    def exec(self, sandbox: str, code: str, **fields):
        """Runs Python code in `sandbox`; returns the execution."""
        return self.call("POST", f"{BASE}/{sandbox}/exec", {"code": code, **fields})


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
