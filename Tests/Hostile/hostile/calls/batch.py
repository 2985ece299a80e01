# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""A batch of runs, made of a seed and a number, and what becomes of it on a server."""

import concurrent.futures
import contextlib
import dataclasses
import json
import os
import random
import re
import time

from hostile.bench import errors, out
from hostile.calls.generator import Generator
from hostile.case import HANG_SECONDS
from hostile.probe import PROGRAMS

RUNS, AT_ONCE = 8, 4
SEQUENCES = 24
LIMITS = {"memory_mb": 128, "timeout_ms": 5000, "max_processes": 64, "disk_mb": 64}
SECURITY = ({"user": "sandbox"}, {"user": "root"}, {"preset": "strict"}, {"preset": "debug"},
            {"preset": "debug", "user": "root"})


@dataclasses.dataclass(frozen=True)
class Run:
    """Sequences that one sandbox runs, one after the other in as many runs as there are lists."""

    security: dict
    is_stateful: bool
    lists: tuple

    def __str__(self):
        words = " ".join(f"{key}={value}" for key, value in self.security.items())
        return f"{'stateful' if self.is_stateful else 'ephemeral'} {words}, {sum(map(len, self.lists))} sequences"


def batch(seed: int, number: int) -> list:
    """The runs of a batch; the same for the same seed and number."""
    chance = random.Random(f"{seed}/{number}")
    runs = []
    for _ in range(RUNS):
        security = chance.choice(SECURITY)
        is_stateful = chance.random() < 0.3
        lists = tuple(
            [Generator(chance, security.get("preset", "default")).sequence() for _ in range(SEQUENCES // (1 + is_stateful))]
            for _ in range(1 + is_stateful))
        runs.append(Run(security, is_stateful, lists))
    return runs


class Player:
    """Sends runs to a server as an ordinary tenant does, and counts what they said."""

    def __init__(self, tenant, oracle):
        self.tenant = tenant
        self.oracle = oracle
        self.statuses = {}
        self.sequences = self.died = 0
        # Of the interpreter's own, by its last line.
        self.errors = {}
        self.made, self.answered = {}, {}
        with open(os.path.join(PROGRAMS, "calls.py"), encoding="utf-8") as file:
            self.program = file.read()

    def play(self, runs: list) -> list:
        """Runs all, some at once; returns what no program may cause, in words."""
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            return [finding for found in pool.map(self.play_one, runs) for finding in found]

    def play_one(self, run: Run) -> list:
        started = time.monotonic()
        try:
            found = list(self.stateful(run) if run.is_stateful else self.ephemeral(run))
        except OSError as error:
            found = [f"no answer: {error}"]
        took = time.monotonic() - started
        if took > len(run.lists) * LIMITS["timeout_ms"] / 1000 + HANG_SECONDS:
            found.append(f"took {took:.0f} s")
        return [f"{finding} ({run})" for finding in found]

    def ephemeral(self, run: Run):
        yield from self.judge(*self.tenant.request("POST", "/execute", {
            "language": "python", "security": run.security, "resource_limits": LIMITS, **self.body(run.lists[0])}))

    def stateful(self, run: Run):
        status, answer = self.tenant.request("POST", "", {
            "language": "python", "mode": "stateful", "security": run.security, "resource_limits": LIMITS})
        if status != 201:
            yield f"create answers {status}: {answer}"
            return
        self.oracle.transcript.append(answer["id"])
        try:
            for sequences in run.lists:
                yield from self.judge(*self.tenant.request("POST", f"/{answer['id']}/exec", self.body(sequences)))
        finally:
            status, answer = self.tenant.request("DELETE", f"/{answer['id']}")
        if status != 204:
            yield f"delete answers {status}: {answer}"

    def body(self, sequences: list) -> dict:
        text = json.dumps(sequences, separators=(",", ":"))
        return {"code": self.program, "args": ["/tmp/calls.json"], "files": [{"path": "/tmp/calls.json", "content": text}]}

    def judge(self, status: int, answer):
        if status == 400 and all(detail["field"] == "working_dir" for detail in answer["details"]):
            # A program may shut its own sandbox's directory to those that come after it.
            self.count("directory shut")
            return
        if status != 200:
            self.count(str(status))
            yield f"a run answers {status}: {answer}"
            return
        self.count(answer["status"])
        self.oracle.transcript.append(out(answer) + errors(answer))
        if answer["status"] == "sandbox_error":
            yield f"sandbox_error: {answer['message']}"
        for error in re.findall(r"^Traceback.*?\n(?:  .*\n)+(\w+.*)$", errors(answer), re.M):
            self.errors[error[:120]] = self.errors.get(error[:120], 0) + 1
        self.learn(out(answer))

    def count(self, status: str) -> None:
        self.statuses[status] = self.statuses.get(status, 0) + 1

    def learn(self, text: str) -> None:
        """Takes the counts that the program told, if it lived to do so and nobody wrote into them."""
        found = re.findall(r"^CALLS (\{.*\})$", text, re.M)
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            told = json.loads(found[-1]) if found else {}
            self.sequences += told.get("sequences", 0)
            self.died += told.get("died", 0)
            for total, part in ((self.made, "made"), (self.answered, "answered")):
                for number, count in enumerate(told.get(part, ())):
                    total[number] = total.get(number, 0) + count
