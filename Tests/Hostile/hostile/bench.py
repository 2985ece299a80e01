# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""What a case gets to work with: a live server, sandboxes that are deleted afterwards, short ways to run programs."""

import base64
import time

from hostile.case import Failure, expect

BASE = "/auth/v1/seed/default/sandbox"


class Bench:
    """The server under attack, for one case."""

    def __init__(self, server):
        self.server = server
        self.sandboxes = []
        # Everything that any answer said, for the canaries.
        self.transcript = []

    def request(self, method: str, path: str, body=None):
        """The status and the decoded body of an authorized call below the namespace."""
        status, answer = self.server.request(method, BASE + path, body)
        self.transcript.append(repr(answer))
        return status, answer

    def execute(self, language: str = "python", code: str = "", **fields) -> dict:
        """Runs code in a sandbox of its own and returns the execution."""
        body = {"language": language, "code": code, **fields}
        if "command" in fields:
            del body["code"]
        status, answer = self.request("POST", "/execute", body)
        expect(status == 200, f"execute answered {status}: {answer}")
        return answer

    def python(self, code: str, **fields) -> dict:
        return self.execute("python", code, **fields)

    def bash(self, code: str, **fields) -> dict:
        return self.execute("bash", code, **fields)

    def sandbox(self, **fields) -> str:
        """Makes a stateful sandbox, deleted after the case, and returns its id."""
        status, answer = self.request("POST", "", {"language": "python", "mode": "stateful", **fields})
        expect(status == 201, f"create answered {status}: {answer}")
        self.sandboxes.append(answer["id"])
        return answer["id"]

    def exec(self, sandbox: str, code: str, **fields) -> dict:
        """Runs Python (or `language=`) in a sandbox and returns the execution."""
        status, answer = self.request("POST", f"/{sandbox}/exec", {"code": code, **fields})
        expect(status == 200, f"exec answered {status}: {answer}")
        return answer

    def close(self) -> None:
        for sandbox in self.sandboxes:
            self.request("DELETE", f"/{sandbox}")


def out(execution: dict) -> str:
    """The program's standard output as text."""
    if execution["stdout_encoding"] == "base64":
        return base64.b64decode(execution["stdout"]).decode(errors="replace")
    return execution["stdout"]


def errors(execution: dict) -> str:
    """The program's standard error as text."""
    if execution["stderr_encoding"] == "base64":
        return base64.b64decode(execution["stderr"]).decode(errors="replace")
    return execution["stderr"]


def ended(execution: dict, *statuses: str) -> str:
    """Checks how a run ended and tells it in a word or two."""
    if execution["status"] not in statuses:
        raise Failure(f"status {execution['status']}, exit {execution['exit_code']}, signal {execution['signal']}, "
                      f"stderr {errors(execution)[-300:]!r}, message {execution.get('message')!r}")
    return execution["status"]


class Stopwatch:
    """Times what a case does, to hold it against its limit."""

    def __init__(self):
        self.started = time.monotonic()

    def seconds(self) -> float:
        return time.monotonic() - self.started

    def within(self, limit_seconds: float, slack_seconds: float = 0.75) -> None:
        """The catalogue grants 250 ms beyond the limit; half a second more is what a busy build machine takes."""
        took = self.seconds()
        expect(took <= limit_seconds + slack_seconds, f"took {took:.2f} s, limit {limit_seconds} s")
