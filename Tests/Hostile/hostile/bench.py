# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""What a case gets to work with: a live server, sandboxes that are deleted afterwards, short ways to run programs."""

import base64
import time

from hostile.case import HANG_SECONDS, Failure, expect

BASE = "/auth/v1/seed/default/sandbox"


class Bench:
    """The server under attack, for one case."""

    def __init__(self, server, control):
        self.server = server
        # The same, but nobody attacks it: what slows both is no attack.
        self.control = control
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


def held(execution: dict, limit_seconds: float, cores: float = 1) -> str:
    """Checks that a program which never ends by itself was ended by its time limit, and tells so.

    What it burnt afterwards says how late that was, however busy the host is: it has the processor as little as others.
    A second is more than any host takes."""
    status = ended(execution, "timed_out")
    expect(execution["duration_ms"] >= 1000 * limit_seconds - 1, f"ended after {execution['duration_ms']} ms")
    expect(execution["cpu_time_ms"] <= 1000 * cores * (limit_seconds + 1),
           f"used {execution['cpu_time_ms']:.0f} ms of processor at {cores:g} cores, limit {limit_seconds} s")
    return status


class Stopwatch:
    """Times what a case does, to tell it, and to find what hangs."""

    def __init__(self):
        self.started = time.monotonic()

    def seconds(self) -> float:
        return time.monotonic() - self.started

    def within(self, limit_seconds: float) -> None:
        """Fails when what takes `limit_seconds` at the most has hung: `held` and `expect_as_fast` tell the rest."""
        took = self.seconds()
        expect(took <= limit_seconds + HANG_SECONDS, f"took {took:.2f} s, limit {limit_seconds} s")


def limited(run, seconds: float, has_begun) -> tuple:
    """Runs a program under a time limit within which it comes as far as it must; returns its result and the limit.

    How far that is in half a second is up to what else the machine does, so the limit grows as long as it was too short."""
    for limit in (seconds * 4**power for power in range(5)):
        watch = Stopwatch()
        result = run(limit)
        watch.within(limit)
        if has_begun(result):
            break
    return result, limit
