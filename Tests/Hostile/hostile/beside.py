# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""A tenant of the server under attack who runs small programs before each group of cases and beside them.

What slows the machine slows the server that nobody attacks as much, where each run has one to compare with.
"""

import contextlib
import dataclasses
import os
import threading
import time

from hostile.case import Failure, expect
from hostile.groups.api_wire import new_token
from hostile.oracle import BESIDE
from hostile.tenants import LEAST_RUNS, NOISE_SECONDS, QUIET_SECONDS, RATIOS, Tenant, percentile

# From one run to the next: it is to be served in time and not to be the load itself.
PAUSE_SECONDS = 0.1
# By how much more an attack may slow both: what slows the whole host that much is an attack on it.
MOST_SHARED = 4
ALONE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "alone.txt")


@dataclasses.dataclass(frozen=True)
class Pace:
    """What some runs took, in seconds, by the part of them that took no longer."""

    here: dict
    beside: dict
    runs: int

    @staticmethod
    def of(pairs: list):
        here, beside = ({part: percentile([pair[side] for pair in pairs], part) for part in RATIOS} for side in (0, 1))
        return Pace(here, beside, len(pairs))

    def words(self, side: dict) -> str:
        return " / ".join(f"{side[part] * 1000:.0f}" for part in RATIOS)


@dataclasses.dataclass
class Judgement:
    """How a neighbour fared beside a group: `outcome` is ok, FAILED, `not measured`, or `not here` where nobody can be beside
    any of its cases."""

    group: str
    outcome: str
    reason: str = ""
    quiet: Pace = None
    loud: Pace = None
    # Cases that were run without it, with the reasons.
    alone: dict = dataclasses.field(default_factory=dict)

    def line(self) -> str:
        words = f"neighbour of group {self.group}: {self.outcome}"
        if self.loud:
            words += (f", p90 / p99 in ms {self.quiet.words(self.quiet.here)} before, {self.loud.words(self.loud.here)} during "
                      f"({self.quiet.runs} and {self.loud.runs} runs); the server that nobody attacks "
                      f"{self.quiet.words(self.quiet.beside)} and {self.loud.words(self.loud.beside)}")
        return words + (f": {self.reason}" if self.reason else "")


def judged(group: str, quiet: list, loud: list, alone: dict, failure=None, is_beside=True) -> Judgement:
    """Compares what runs took before a group and beside it, as pairs of seconds here and on the server beside."""
    if failure:
        return Judgement(group, "FAILED", f"it was not served: {failure}", alone=alone)
    if not is_beside:
        return Judgement(group, "not here", "nobody can be beside its cases", alone=alone)
    if len(quiet) < LEAST_RUNS or len(loud) < LEAST_RUNS:
        return Judgement(group, "not measured", f"{len(quiet)} runs before and {len(loud)} during tell nothing", alone=alone)
    before, during = Pace.of(quiet), Pace.of(loud)
    slow = []
    for part, ratio in RATIOS.items():
        shared = min(max(during.beside[part] / before.beside[part], 1), MOST_SHARED)
        if during.here[part] > ratio * shared * before.here[part] + NOISE_SECONDS:
            slow.append(f"p{part * 100:.0f} {during.here[part] / before.here[part]:.1f} ×, where {ratio} × is allowed, and as the "
                        f"machine was {shared:.1f} times that")
    return Judgement(group, "FAILED" if slow else "ok", "; ".join(slow), before, during, alone)


class Beside:
    """The neighbour of one group's cases."""

    def __init__(self, group: str, here: Tenant, beside: Tenant):
        self.group = group
        self.here = here
        self.beside = beside
        self.quiet = []
        self.loud = []
        self.alone = {}
        self.failure = None
        # Whether there was a case that somebody can be beside.
        self.is_beside = False
        self.stopping = threading.Event()

    def pair(self) -> tuple:
        return seconds_of_run(self.here), seconds_of_run(self.beside)

    def measure(self, into: list, deadline: float) -> None:
        while not self.stopping.is_set() and time.monotonic() < deadline:
            try:
                into.append(self.pair())
            except (Failure, OSError) as error:
                # Whatever it is, it was not served.
                self.failure = self.failure or error
                return
            self.stopping.wait(PAUSE_SECONDS)

    def rest(self, seconds: float = QUIET_SECONDS) -> None:
        """Measures it with nothing beside it."""
        # The first ones make what is made once.
        for _ in range(3):
            self.pair()
        self.measure(self.quiet, time.monotonic() + seconds)

    @contextlib.contextmanager
    def during(self, case):
        """Measures it as long as the case goes on, unless the case has to be alone."""
        if not self.may_be_beside(case):
            reason = alone().get(case.id)
            if reason:
                self.alone[case.id] = reason
                print(f"alone {case.id}: {reason}", flush=True)
            yield
            return
        self.is_beside = True
        self.stopping.clear()
        thread = threading.Thread(target=self.measure, args=(self.loud, float("inf")), daemon=True)
        thread.start()
        try:
            yield
        finally:
            # What it has up must be gone when the oracle looks.
            self.stopping.set()
            thread.join(120)
            self.stopping.clear()

    @staticmethod
    def may_be_beside(case) -> bool:
        return not case.is_absent and case.id not in alone()

    @property
    def is_measured(self) -> bool:
        return self.failure is not None or len(self.loud) >= LEAST_RUNS

    def judgement(self) -> Judgement:
        return judged(self.group, self.quiet, self.loud, self.alone, self.failure, self.is_beside)


def seconds_of_run(caller: Tenant) -> float:
    started = time.monotonic()
    status, answer = caller.execute("python", "print(1)")
    seconds = time.monotonic() - started
    expect(status == 200 and answer["stdout"] == "1\n", f"a run of the neighbour's gave {status}: {answer}")
    return seconds


def alone() -> dict:
    """The cases beside which nobody can be measured, with the reasons."""
    with open(ALONE, encoding="utf-8") as file:
        lines = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    return dict(line.split(" ", 1) for line in lines)


@contextlib.contextmanager
def beside(group: str, server, control):
    """Gives the neighbour of a group, measured at rest."""
    with new_token(server, namespace=BESIDE) as (here, _), new_token(control, namespace=BESIDE) as (there, _):
        neighbour = Beside(group, Tenant(server, BESIDE, here), Tenant(control, BESIDE, there))
        neighbour.rest()
        yield neighbour


class Nobody:
    """In place of a neighbour where none is measured."""

    @contextlib.contextmanager
    def during(self, _):
        yield


def self_test() -> None:
    """Tells made-up numbers apart: a check that cannot fail is none."""
    def outcome(quiet, loud, failure=None):
        return judged("X", [quiet] * 50, loud, {}, failure).outcome

    fast, machine_slow = (0.1, 0.1), (0.5, 0.5)
    wanted = {
        "as before": (outcome(fast, [fast] * 50), "ok"),
        "twice as slow is allowed": (outcome(fast, [(0.2, 0.1)] * 50), "ok"),
        "slow throughout": (outcome(fast, [(0.3, 0.1)] * 50), "FAILED"),
        "a tenth is slow": (outcome(fast, [fast] * 44 + [(0.3, 0.1)] * 6), "FAILED"),
        "few are a little slow": (outcome(fast, [fast] * 47 + [(0.3, 0.1)] * 3), "ok"),
        "three in a hundred are very slow": (outcome(fast, [fast] * 97 + [(0.9, 0.1)] * 3), "FAILED"),
        "two stalls": (outcome(fast, [fast] * 48 + [(9.0, 0.1)] * 2), "ok"),
        "the machine is slow": (outcome(fast, [machine_slow] * 50), "ok"),
        "slower than the machine": (outcome(fast, [(1.5, 0.3)] * 50), "FAILED"),
        "an attack on the whole host": (outcome(fast, [(2.0, 2.0)] * 50), "FAILED"),
        "it was refused": (outcome(fast, [fast] * 50, "429"), "FAILED"),
        "it had no turn": (outcome(fast, [fast] * 3), "not measured"),
        "nobody can be beside": (judged("X", [fast] * 50, [], {}, is_beside=False).outcome, "not here"),
    }
    wrong = {what: seen for what, (seen, right) in wanted.items() if seen != right}
    expect(not wrong, f"the neighbour's judge is wrong about: {wrong}")
