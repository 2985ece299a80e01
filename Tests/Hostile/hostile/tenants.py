# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Namespaces of one server: one that attacks, and a neighbour that must not feel it."""

import contextlib
import http.client
import json
import threading
import time

from hostile.case import HANG_SECONDS, Failure, expect
from hostile.groups.api_wire import new_token
from hostile.turns import Turns

QUIET_SECONDS = 10
# Fewer say nothing about the slowest tenth.
LEAST_RUNS = 10
# More say no more: the slowest few of these are compared.
ENOUGH_RUNS = 40
# How much slower a run may be beside the attack than before it.
RATIOS = {0.90: 2, 0.99: 5}
# Below this a run is as fast as the clock and the scheduler of a machine with other users can tell.
NOISE_SECONDS = 0.02


class Tenant:
    """A caller with a token of its own namespace and no more."""

    def __init__(self, server, namespace: str, authorization: str):
        self.server = server
        self.namespace = namespace
        self.authorization = authorization
        self.base = f"/auth/v1/seed/{namespace}/sandbox"

    def request(self, method: str, path: str, body=None, timeout: float = 120):
        """The status and the decoded body of a call below the namespace's sandboxes, over a connection of its own."""
        return self.call(method, self.base + path, body, timeout)

    def call(self, method: str, path: str, body=None, timeout: float = 120):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=timeout)
        headers = {"Authorization": self.authorization}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = body if isinstance(body, bytes) else json.dumps(body)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
            return answer.status, json.loads(content) if content else None
        finally:
            connection.close()

    def execute(self, language: str, code: str, **fields):
        return self.request("POST", "/execute", {"language": language, "code": code, **fields})

    def create(self, **fields) -> str:
        status, answer = self.request("POST", "", {"language": "bash", "mode": "stateful", **fields})
        expect(status == 201, f"create answers {status}: {answer}")
        return answer["id"]

    def use(self, quota: str) -> int:
        """How much of a quota the namespace holds."""
        status, answer = self.call("GET", "/auth/v1/quotas")
        expect(status == 200, f"quotas answers {status}: {answer}")
        return next(item["used"] for item in answer["quotas"] if item["name"] == quota)


@contextlib.contextmanager
def tenant(server, namespace: str):
    with new_token(server, namespace=namespace) as (authorization, _):
        yield Tenant(server, namespace, authorization)


class Attack:
    """Calls that go on in the background until the block is over; every answer is kept."""

    def __init__(self):
        self.threads = []
        self.answers = []
        self.stopping = threading.Event()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(120)

    def start(self, count: int, action, again: bool = False) -> None:
        """Runs `action(number)` in as many threads, once or again and again."""
        def run(number: int):
            while True:
                try:
                    self.answers.append(action(number))
                except OSError as error:
                    self.answers.append((0, str(error)))
                if not again or self.stopping.is_set():
                    return

        for number in range(count):
            thread = threading.Thread(target=run, args=(number,), daemon=True)
            thread.start()
            self.threads.append(thread)

    def count(self, status: int) -> int:
        return sum(answer[0] == status for answer in self.answers)


# One stall or two are the machine's as likely as not.
MOST_STALLS = 2


def percentile(values: list, part: float) -> float:
    """What that part of the values does not exceed, and so many more than that do in any case."""
    return sorted(values)[max(0, min(len(values) - 1 - MOST_STALLS, int(part * len(values))))]


class Neighbour:
    """Has a small program run in another namespace again and again, turn by turn with one that no server runs."""

    def __init__(self, caller: Tenant, turns: Turns):
        self.caller = caller
        self.turns = turns
        self.quiet = self.loud = None
        self.started = time.monotonic()
        self.stopping = threading.Event()
        self.pairs = []
        self.failure = None

    def wait(self, seconds: float) -> None:
        """Returns when it was measured for so long beside the attack, and often enough, however slow the machine is."""
        time.sleep(max(0, self.started + seconds - time.monotonic()))
        deadline = time.monotonic() + HANG_SECONDS
        while len(self.pairs) < LEAST_RUNS and not self.failure and time.monotonic() < deadline:
            time.sleep(0.02)

    def wait_for_enough(self, seconds: float) -> None:
        """The same beside an attack that only holds what it has: returns earlier when more runs would say no more."""
        deadline = self.started + seconds
        while len(self.pairs) < ENOUGH_RUNS and not self.failure and time.monotonic() < deadline:
            time.sleep(0.02)
        if len(self.pairs) < ENOUGH_RUNS:
            self.wait(seconds)

    def measure(self, seconds: float) -> list:
        """The runs of so many seconds, or fewer when they are enough."""
        pairs = []
        deadline = time.monotonic() + seconds
        while len(pairs) < LEAST_RUNS or (len(pairs) < ENOUGH_RUNS and time.monotonic() < deadline):
            pairs.append(self.turns.pair())
        return pairs

    def go_on(self):
        self.started = time.monotonic()
        try:
            while not self.stopping.is_set():
                self.pairs.append(self.turns.pair())
        except OSError as error:
            # Whatever it is, it was not served.
            self.failure = error

    def verdict(self) -> str:
        """What was seen, in a few words.

        Others on the host slow both programs, so a control that is slower grants as much to the run; not more than the
        double, since an attack that slows the host itself is one too."""
        if self.failure:
            raise Failure(f"O5: the neighbour was not served: {self.failure}")
        # Few runs are slow ones, here or of the machine: then what they took tells.
        expect(self.loud, "O5: the neighbour had no run beside the attack")
        words = []
        for part, ratio in RATIOS.items():
            quiet, loud = (percentile([pair[0] for pair in pairs], part) for pairs in (self.quiet, self.loud))
            before, beside = (percentile([pair[1] for pair in pairs], part) for pairs in (self.quiet, self.loud))
            noise = min(max(beside / before, 1), 2)
            words.append(f"p{part * 100:.0f} {quiet * 1000:.0f} → {loud * 1000:.0f} ms (control × {beside / before:.1f})")
            if loud > ratio * noise * quiet + NOISE_SECONDS:
                raise Failure(f"O5: the neighbour's runs: {', '.join(words)}")
        return ", ".join(words)


@contextlib.contextmanager
def neighbour(server, namespace: str = "neighbour", first=None):
    """Gives a `Neighbour` that was measured in quiet, and is measured until the block ends; `first` is called in between."""
    with tenant(server, namespace) as caller, contextlib.closing(
            Turns(server.port, namespace, caller.authorization)) as turns:
        watched = Neighbour(caller, turns)
        turns.pair()
        watched.quiet = watched.measure(QUIET_SECONDS)
        if first:
            first()
        thread = threading.Thread(target=watched.go_on, daemon=True)
        thread.start()
        try:
            yield watched
        finally:
            watched.stopping.set()
            thread.join(120)
            watched.loud = watched.pairs
