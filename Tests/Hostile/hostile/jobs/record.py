# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""What the server has acknowledged, and everything that it ever told about a job."""

import collections
import dataclasses
import itertools
import threading

from hostile.case import expect
from hostile.jobs.programs import KINDS

TERMINAL = ("succeeded", "failed", "cancelled", "timed_out")
# What a job that has ended is for ever.
FINAL = ("status", "attempt", "error", "started_at", "completed_at", "expires_at")


@dataclasses.dataclass
class Submission:
    """One job that was asked for."""

    namespace: str
    kind: str
    token: str
    # The stateful sandbox that it runs in, or None.
    ledger: str | None
    body: dict

    @property
    def max_attempts(self) -> int:
        return self.body["max_attempts"]


@dataclasses.dataclass
class Known:
    """A job that must be there until the end of the test."""

    id: str
    submission: Submission
    # From before the first cancellation was sent.
    is_cancelling: bool = False
    # What it was when it was first seen to have ended, with `result` since that was first seen.
    end: dict | None = None


class Record:
    """Threads tell it what they see; what contradicts what was seen before is a complaint."""

    def __init__(self):
        self.jobs = {}
        # Submissions without an answer, each list all or none.
        self.doubtful = []
        self.complaints = []
        self.lock = threading.Lock()
        self.numbers = itertools.count(1)
        # How many submissions, batches and cancellations were met by a kill, and how jobs ended.
        self.tally = collections.Counter()

    def complain(self, text: str) -> None:
        with self.lock:
            self.complaints.append(text[:1000])

    def judge(self) -> None:
        with self.lock:
            complaints, self.complaints = self.complaints, []
        expect(not complaints, "; ".join(complaints))

    def token(self) -> str:
        return f"token-{next(self.numbers)}"

    def take(self, submissions: list, answers: list) -> None:
        """Jobs that were acknowledged, in the order of their submission."""
        if len(answers) != len(submissions):
            return self.complain(f"{len(submissions)} jobs were submitted, {len(answers)} answered")
        for submission, job in zip(submissions, answers):
            body = submission.body
            as_asked = (job["namespace"], job["priority"], job["max_attempts"]) == (
                submission.namespace, body["priority"], body["max_attempts"])
            if not as_asked or job["sandbox_id"] != body.get("sandbox_id", job["sandbox_id"]):
                self.complain(f"not what was submitted: {job}, {body}")
            with self.lock:
                self.jobs[job["id"]] = Known(job["id"], submission)
        return None

    def open_jobs(self) -> list:
        """Those that were not seen to have ended."""
        with self.lock:
            return [known for known in self.jobs.values() if known.end is None]

    def all_jobs(self) -> list:
        with self.lock:
            return list(self.jobs.values())

    def ends(self) -> dict:
        """What is known by now, for `see` of an answer to a question that is asked later."""
        with self.lock:
            return {known.id: known.end for known in self.jobs.values() if known.end}

    def see(self, job: dict, before: dict | None, is_whole: bool = True) -> None:
        """Compares an answer with what was known `before` it was asked for; a list's is not whole."""
        known = self.jobs[job["id"]]
        if job["attempt"] > known.submission.max_attempts:
            self.complain(f"started too often: {brief(job)}")
        if job["status"] not in TERMINAL:
            if before:
                self.complain(f"it had ended as {brief(before)} and is now {brief(job)}")
            return
        end = {name: job[name] for name in FINAL + (("result",) if is_whole else ())}
        with self.lock:
            first = known.end or {}
            known.end = {**end, **first}
        changed = [name for name in end if name in first and first[name] != end[name]]
        if changed:
            self.complain(f"{job['id']} has ended twice: {[(brief(first[name]), brief(end[name])) for name in changed]}")
        if not first:
            self.tally[job["status"]] += 1
        if is_whole:
            self.check_end(known)

    def check_end(self, known: Known) -> None:
        """Whether a job may end so: as its program does, or as it was cancelled, or since the server was killed."""
        end, submission = known.end, known.submission
        kind = KINDS[submission.kind]
        status, result = end["status"], end["result"]
        if end["completed_at"] is None or end["expires_at"] is None:
            self.complain(f"{known.id} has ended without a time: {brief(end)}")
        if status == kind.end and result and result["stdout"] == kind.stdout.format(token=submission.token):
            is_right = end["error"] is None and end["attempt"] >= 1
        elif status == "cancelled":
            # The program may have had its timeout just before, but then it was not cancelled.
            is_right = known.is_cancelling and end["error"] is None and (end["attempt"] > 0 or result is None)
        else:
            is_right = (status == "failed" and result is None and end["error"]["code"] == "unavailable"
                        and end["attempt"] == submission.max_attempts)
        if not is_right:
            self.complain(f"{known.id} ({submission.kind}, {submission.max_attempts} attempts) has ended wrongly: "
                          f"{brief(end)}")


def brief(value) -> str:
    """A value without the long outputs."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {brief(part)}" for name, part in value.items()) + "}"
    text = str(value)
    return text if len(text) <= 120 else f"{text[:60]}…{text[-30:]} ({len(text)} characters)"
