# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""The load: clients that submit, cancel and look at jobs, each doing one thing after another."""

import functools
import http.client
import random
import threading

from hostile.case import expect
from hostile.crash.live import LiveCalls
from hostile.host import Background
from hostile.jobs import programs
from hostile.jobs.record import Record, Submission

NAMESPACES = ("default", "other")
# Jobs that are not over; more would only wait.
MOST_OPEN = 60
SANDBOXES_EACH = 3


class Clients:
    """Some clients at a time. `kept` and `ever` are the sandboxes that are there, and that ever were."""

    def __init__(self, server, receiver, count: int, seed: int):
        self.server = server
        self.receiver = receiver
        self.count = count
        self.chance = random.Random(seed + 1)
        self.record = Record()
        self.kept = {}
        self.ever = set()
        # Jobs make none of these calls, but their sandboxes are looked at as those of the other crash suite.
        self.live = LiveCalls(self)
        self.begun = threading.Event()
        self.stopping = threading.Event()
        self.threads = []

    @staticmethod
    def base(namespace: str) -> str:
        return f"/auth/v1/seed/{namespace}/sandbox"

    def make_sandboxes(self) -> None:
        """In each namespace some stateful ones, each a lane, and one that starts anew with every run."""
        for namespace in NAMESPACES:
            for mode in ["stateful"] * SANDBOXES_EACH + ["ephemeral"]:
                made = self.server.call("POST", self.base(namespace), {
                    "language": "python", "mode": mode, "resource_limits": {"disk_mb": 32}}, status=201)
                self.kept[made["id"]] = made
                self.ever.add(made["id"])
            answer = self.server.call("GET", f"{self.base(namespace)}/jobs/callback-secret")
            self.receiver.secrets[namespace] = answer["secret"]

    def begin(self) -> None:
        """Returns when the first call was answered, so the load is on."""
        self.stopping.clear()
        self.begun.clear()
        self.threads = [Background(self.client, index) for index in range(self.count)]
        expect(self.begun.wait(30), "no call under load was answered in 30 s")

    def stop(self) -> None:
        """From now on a connection may break."""
        self.stopping.set()

    def end(self) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.result()
        self.threads = []

    # MARK: Calls

    def client(self, index: int) -> None:
        chance = random.Random(self.chance.random())
        # Each has its own, so that a job whose submission was not answered tells by it whose it is.
        priorities = [priority for priority in range(-100, 101) if mine(priority, index, self.count)]
        submit = functools.partial(self.submit, priorities)
        works = [submit, functools.partial(self.submit_batch, priorities), self.cancel, self.wait, self.look]
        # Each kind at least once at a time, then by chance.
        work = works[index % len(works)]
        while not self.stopping.is_set():
            work(chance)
            work = chance.choice(works)

    def call(self, method: str, path: str, body=None):
        """The status and the answer, or (0, None) when the connection broke, which only a dead server's may."""
        try:
            answer = self.server.request(method, path, body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            # A body that was cut is no JSON.
            if not self.stopping.is_set():
                self.record.complain(f"{method} {path}: {error!r}")
                self.stopping.set()
            return 0, None
        self.begun.set()
        return answer

    # MARK: Kinds of load

    def submission(self, priorities: list, chance, namespace: str) -> Submission:
        token = self.record.token()
        kind = programs.choose(chance)
        body = programs.body(kind, token)
        body["priority"] = chance.choice(priorities)
        body["max_attempts"] = chance.choice([1, 1, 3])
        if chance.random() < 0.4:
            body["callback_url"] = self.receiver.url(namespace)
        sandbox = None
        if chance.random() < 0.6:
            sandbox = chance.choice([kept for kept in self.kept.values() if kept["namespace"] == namespace])
            body["sandbox_id"] = sandbox["id"]
        is_kept = sandbox is not None and sandbox["mode"] == "stateful"
        return Submission(namespace, kind, token, sandbox["id"] if is_kept else None, body)

    def submit(self, priorities: list, chance) -> None:
        if len(self.record.open_jobs()) >= MOST_OPEN:
            return self.look(chance)
        namespace = chance.choice(NAMESPACES)
        submission = self.submission(priorities, chance, namespace)
        status, answer = self.call("POST", f"{self.base(namespace)}/jobs", submission.body)
        return self.answered([submission], status, [answer])

    def submit_batch(self, priorities: list, chance) -> None:
        if len(self.record.open_jobs()) >= MOST_OPEN:
            return self.look(chance)
        namespace = chance.choice(NAMESPACES)
        submissions = [self.submission(priorities, chance, namespace) for _ in range(chance.randint(2, 12))]
        status, answer = self.call(
            "POST", f"{self.base(namespace)}/jobs/batch", {"jobs": [submission.body for submission in submissions]})
        return self.answered(submissions, status, answer["data"] if status == 201 else answer)

    def answered(self, submissions: list, status: int, answers) -> None:
        if status == 0:
            self.record.tally["submissions met by a kill"] += 1
            self.record.doubtful.append(submissions)
        elif status == 201:
            self.record.take(submissions, answers)
        else:
            self.record.complain(f"submission: {status} {answers}")

    def cancel(self, chance) -> None:
        jobs = self.record.open_jobs()
        if not jobs:
            return
        known = chance.choice(jobs)
        known.is_cancelling, before = True, known.end
        status, answer = self.call("DELETE", f"{self.base(known.submission.namespace)}/jobs/{known.id}")
        if status == 200:
            self.record.see(answer, before)
            if answer["status"] not in ("succeeded", "failed", "cancelled", "timed_out"):
                self.record.complain(f"cancelled, and not over: {answer}")
        elif status == 0:
            self.record.tally["cancellations met by a kill"] += 1
        else:
            self.record.complain(f"cancel: {status} {answer}")

    def wait(self, chance) -> None:
        jobs = self.record.open_jobs()
        if jobs:
            self.poll(chance.choice(jobs), wait_secs=1)

    def look(self, chance) -> None:
        """At a job that may be over, or at what one has written."""
        jobs = self.record.all_jobs()
        if not jobs:
            return
        known = chance.choice(jobs[-200:])
        if chance.random() < 0.8:
            return self.poll(known)
        path = f"{self.base(known.submission.namespace)}/jobs/{known.id}/logs"
        status, answer = self.call("GET", path)
        if status not in (0, 200):
            self.record.complain(f"logs: {status} {answer}")
        return None

    def poll(self, known, wait_secs: int = 0):
        before = known.end
        status, answer = self.call(
            "GET", f"{self.base(known.submission.namespace)}/jobs/{known.id}?wait_secs={wait_secs}")
        if status == 200:
            self.record.see(answer, before)
            return answer
        if status != 0:
            self.record.complain(f"lost: {known.id} {status} {answer}")
        return None


def mine(priority: int, index: int, count: int) -> bool:
    """Whether a job of `priority` is that of client `index` of `count`."""
    return (priority + 100) % count == index
