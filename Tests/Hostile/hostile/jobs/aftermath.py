# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""What must hold after each restart, and when all jobs are over."""

import collections
import os
import re
import time

from hostile.case import expect
from hostile.crash.aftermath import Aftermath
from hostile.host import wait_for
from hostile.jobs.clients import NAMESPACES, mine
from hostile.jobs.record import TERMINAL, brief

# After the last restart. A job takes a second at most, and those of one lane take turns; what lasts longer is stuck.
DRAIN_SECONDS = 300
# One delivery that was under way when the server died may be tried again after a minute.
CALLBACK_SECONDS = 300
# A result from which on it is kept in a file of its own, and well below: the text around the output has its length too.
LARGE, SMALL = 16 << 10, 12 << 10
SAMPLE = 10


class JobAftermath:
    """Compares the server, its files and the host with what the clients know."""

    def __init__(self, server, clients):
        self.server = server
        self.clients = clients
        self.record = clients.record
        self.host = Aftermath(server, clients)

    # MARK: After a restart

    def check(self, chance, is_thorough: bool) -> None:
        """Nothing is lost, and what was not acknowledged is there whole or not at all."""
        self.settle_doubts()
        self.record.judge()
        ended = [known for known in self.record.all_jobs() if known.end]
        sample = chance.sample(ended, min(SAMPLE, len(ended)))
        for known in self.record.open_jobs() + sample:
            expect(self.clients.poll(known), f"{known.id} is lost")
        if is_thorough:
            self.check_lists()
        self.record.judge()
        wait_for(lambda: not self.strays(), "a process of a dead server is left")

    def strays(self) -> list:
        return [text for text in self.host.leaks() if text.startswith("process of a dead server")]

    def pages(self, namespace: str):
        """The jobs, newest first, page by page, with what was known before each was asked for."""
        page, most = 1, 1
        while page <= most:
            before = self.record.ends()
            answer = self.server.call("GET", f"{self.clients.base(namespace)}/jobs?per_page=100&page={page}")
            yield answer["data"], before
            page, most = page + 1, answer["pagination"]["total_pages"]

    def settle_doubts(self) -> None:
        """Finds the jobs of submissions that were not answered: the newest of those that nobody knows."""
        doubtful, self.record.doubtful = self.record.doubtful, []
        for namespace in NAMESPACES:
            strange = []
            for jobs, _ in self.pages(namespace):
                unknown = [job for job in jobs if job["id"] not in self.record.jobs]
                strange += unknown
                if not unknown:
                    break
            strange.sort(key=lambda job: job["id"])
            asked = [submissions for submissions in doubtful if submissions[0].namespace == namespace]
            self.adopt(strange, asked)

    def adopt(self, strange: list, doubtful: list) -> None:
        """Each submission is there whole, in its order, or not at all; a client had one at a time, told by priority."""
        for submissions in doubtful:
            first = submissions[0].body["priority"]
            owner = next(index for index in range(self.clients.count) if mine(first, index, self.clients.count))
            found = [job for job in strange if mine(job["priority"], owner, self.clients.count)]
            if not found:
                continue
            self.record.tally["and yet taken"] += 1
            self.record.take(submissions, found)
            strange = [job for job in strange if job not in found]
        expect(not strange, f"nobody submitted these: {[brief(job) for job in strange]}")

    def check_lists(self) -> None:
        """Every job is in the lists, once, and looks as it does alone."""
        for namespace in NAMESPACES:
            listed = collections.Counter()
            for jobs, before in self.pages(namespace):
                for job in jobs:
                    listed[job["id"]] += 1
                    self.record.see(job, before.get(job["id"]), is_whole=False)
            known = {known.id for known in self.record.all_jobs() if known.submission.namespace == namespace}
            expect(set(listed) == known, f"lost: {known - set(listed)}, strange: {set(listed) - known}")
            expect(max(listed.values(), default=1) == 1, "a list has a job twice")

    # MARK: At the end

    def drain(self) -> float:
        """Waits for every job; returns the seconds it took."""
        started = time.monotonic()
        for known in self.record.open_jobs():
            job = None
            while not job or job["status"] not in TERMINAL:
                expect(time.monotonic() - started < DRAIN_SECONDS, f"stuck for {DRAIN_SECONDS} s: {brief(job)}")
                job = self.clients.poll(known, wait_secs=20)
        return time.monotonic() - started

    def check_end(self) -> None:
        """All jobs are over: as they are now they stay, also over one more restart."""
        for _ in range(2):
            for known in self.record.all_jobs():
                expect(self.clients.poll(known), f"{known.id} is lost")
            self.check_lists()
            self.record.judge()
            self.check_ledgers()
            self.check_census()
            self.check_callbacks()
            self.check_result_files()
            code = self.server.terminate()
            expect(code == 0, f"the server ended with {code}")
            self.server.start()
        for identifier, sandbox in list(self.clients.kept.items()):
            self.server.call("DELETE", f"{self.clients.base(sandbox['namespace'])}/{identifier}", status=204)
            del self.clients.kept[identifier]
        self.host.check_end()

    def check_ledgers(self) -> None:
        """Every program ran as often as its job says, and no other did."""
        told = collections.defaultdict(list)
        where = {}
        for identifier, sandbox in self.clients.kept.items():
            if sandbox["mode"] != "stateful":
                continue
            answer = self.server.call("POST", f"{self.clients.base(sandbox['namespace'])}/{identifier}/exec", {
                "code": "import os\nprint(open('ledger').read() if os.path.exists('ledger') else '', end='')"})
            expect(answer["status"] == "succeeded", f"{identifier} cannot be read: {answer}")
            for line in answer["stdout"].splitlines():
                token = line.split()[0]
                told[token].append(line)
                where.setdefault(token, set()).add(identifier)
        for known in self.record.all_jobs():
            token, end = known.submission.token, known.end
            lines = told.pop(token, [])
            count = len(lines)
            if known.submission.ledger is None:
                expect(count == 0, f"{known.id} ran in another's sandbox")
                continue
            expect(where.get(token, set()) <= {known.submission.ledger}, f"{known.id} ran in another's sandbox")
            expect(count <= end["attempt"], f"{known.id} ({known.submission.kind}, {known.submission.max_attempts} "
                   f"attempts) ran {count} times: {lines}, {brief(end)}")
            expect(count >= 1 or end["status"] not in ("succeeded", "timed_out"), f"{known.id} never ran: {brief(end)}")
        expect(not told, f"programs of no job, or of a batch that was not taken: {dict(told)}")

    def check_census(self) -> None:
        """The counts that are kept by the way are those of the jobs."""
        text = self.server.request("GET", "/metrics")[1].decode()
        counts = {status: int(float(count)) for status, count in
                  re.findall(r'^outpost_jobs\{status="([a-z_]+)"\} ([0-9.]+)$', text, re.MULTILINE)}
        right = collections.Counter(known.end["status"] for known in self.record.all_jobs())
        expect({status: count for status, count in counts.items() if count} == dict(right),
               f"counted {counts}, there are {dict(right)}")

    def check_callbacks(self) -> None:
        """Each that was wanted has come, signed, and says what a poll says."""
        receiver = self.clients.receiver
        deadline = time.monotonic() + CALLBACK_SECONDS
        wanted = [known for known in self.record.all_jobs() if "callback_url" in known.submission.body]
        for known in wanted:
            bodies = receiver.wait_for(known.id, deadline)
            expect(bodies, f"no callback of {known.id} in {CALLBACK_SECONDS} s: {brief(known.end)}")
            poll = self.server.request(
                "GET", f"{self.clients.base(known.submission.namespace)}/jobs/{known.id}", is_raw=True)[1]
            expect(all(body == poll for body in bodies), f"callback and poll of {known.id} differ: {bodies}, {poll}")
        expect(set(receiver.bodies) == {known.id for known in wanted}, "a callback that nobody wanted")
        expect(not receiver.complaints, "; ".join(receiver.complaints))

    def check_result_files(self) -> None:
        """There is a file for each large result and no other."""
        kept = set(os.listdir(os.path.join(self.server.data, "results")))
        for known in self.record.all_jobs():
            size = len((known.end["result"] or {}).get("stdout", ""))
            expect(not SMALL < size < LARGE, f"a result of {size} bytes tells nothing")
            # After the id comes the number of the lease.
            files = {name for name in kept if name.startswith(f"{known.id}.")}
            expect(len(files) == int(size >= LARGE), f"{known.id} has {size} bytes and the files {files}")
            kept -= files
        expect(not kept, f"files of no job: {kept}")
