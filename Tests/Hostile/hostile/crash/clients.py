# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""The load, and the record of what the server has acknowledged."""

import collections
import contextlib
import http.client
import random
import threading
import time

from hostile.case import expect
from hostile.crash.live import LiveCalls
from hostile.host import Background

BASE = "/auth/v1/seed/default/sandbox"
STATEFUL = {"language": "python", "mode": "stateful", "resource_limits": {"disk_mb": 32}}
# After the last thing was repaired, a run may still meet what died: the end of an agent is noticed with its socket. So
# many runs may for each kill, of the clients that go on meanwhile; when that is, depends on what else the machine does.
LATE_LOSSES = 5

APPEND = """
import os
with open('ledger', 'a') as file:
    file.write('{entry}\\n')
    file.flush()
    os.fsync(file.fileno())
directory = os.open('.', os.O_RDONLY)
os.fsync(directory)
print('kept')
"""


class Kept:
    """A stateful sandbox, and what must and what may be in its file."""

    def __init__(self, is_shared: bool):
        # Whether every client writes to it.
        self.is_shared = is_shared
        self.entries = []
        # Written when the answer was lost: there or not, but whole.
        self.doubtful = set()


class Disturbance:
    """A time in which a victim was dead; `until` is None while it is."""

    def __init__(self, victim: str):
        self.victim = victim
        self.since = time.monotonic()
        self.until = None
        self.late = 0

    def excuses(self, begun: float, over: float) -> bool:
        """Whether a call in that time may have met what died; of those that began afterwards, only the first few."""
        if over < self.since:
            return False
        if self.until is None or begun <= self.until:
            return True
        self.late += 1
        return self.late <= LATE_LOSSES


class Clients:
    """Some clients at a time, each doing one thing after another. What happened is judged afterwards."""

    def __init__(self, server, count: int, seed: int):
        self.server = server
        self.count = count
        self.chance = random.Random(seed + 1)
        # Sandboxes that must be there.
        self.kept = {}
        # Every sandbox that was ever heard of.
        self.ever = set()
        # Deletes without an answer: there or not.
        self.doubtful = set()
        # Creates without an answer are told by their name.
        self.lost_names = set()
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.threads = []
        self.disturbances = []
        self.complaints = []
        # How many runs ended in which way, to show what was hit.
        self.tally = collections.Counter()
        self.number = 0
        self.entry = 0
        self.live = LiveCalls(self)

    def begin(self) -> None:
        self.stopping.clear()
        self.live.begin()
        self.disturbances = []
        self.threads = [Background(self.client, index) for index in range(self.count)]

    def end(self) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.result()
        self.threads = []

    def disturb(self, victim: str) -> None:
        self.disturbances.append(Disturbance(victim))

    def settle(self) -> None:
        for disturbance in self.disturbances:
            disturbance.until = time.monotonic()

    def judge(self) -> None:
        complaints, self.complaints = self.complaints, []
        expect(not complaints, "; ".join(map(str, complaints)))

    def forgive(self) -> None:
        """Begins anew after a failure: what is there now is what must be there."""
        self.complaints = []
        for sandbox in self.listed():
            expect(self.server.request("DELETE", f"{BASE}/{sandbox['id']}")[0] == 204, "cannot delete")
        for snapshot in self.server.call("GET", f"{BASE}/snapshots?per_page=100")["data"]:
            expect(self.server.request("DELETE", f"{BASE}/snapshots/{snapshot['id']}")[0] == 204, "cannot delete")
        self.kept, self.doubtful, self.lost_names = {}, set(), set()
        self.live.forget()

    # MARK: Calls

    def client(self, index: int) -> None:
        chance = random.Random(self.chance.random())
        while index >= ORDINARY and not self.stopping.is_set():
            self.live.step(index, chance)
        # Each kind of the rest once in a while from the start on, then by chance.
        index = (index + chance.randrange(len(WORKS))) % len(WORKS)
        while not self.stopping.is_set():
            WORKS[index](self, chance)
            index = chance.randrange(len(WORKS))

    def call(self, method: str, path: str, body=None):
        """The status and the answer, or (0, None) when the connection broke, which only a dead server's may."""
        begun = time.monotonic()
        try:
            return self.server.request(method, BASE + path, body)
        except (OSError, http.client.HTTPException) as error:
            if not self.was_disturbed(begun, "server"):
                self.complaints.append(f"{method} {path}: {error!r}")
            # Not again before there can be somebody.
            self.stopping.wait(0.02)
            return 0, None

    def was_disturbed(self, begun: float, *victims: str) -> bool:
        over = time.monotonic()
        with self.lock:
            return any(item.victim in victims and item.excuses(begun, over) for item in self.disturbances)

    def run(self, path: str, body: dict):
        """The execution when the program ended well; None for a run that was lost the way it may be."""
        begun = time.monotonic()
        status, answer = self.call("POST", path, body)
        if status == 0:
            self.tally["without a connection"] += 1
            return None
        if status == 200 and answer["status"] == "succeeded":
            self.tally["succeeded"] += 1
            return answer
        is_ours = status == 200 and answer["status"] == "sandbox_error" or status in (500, 503)
        if not is_ours or not self.was_disturbed(begun, "server", "spawner", "agent"):
            self.complaints.append(f"neither a success nor the platform's fault: {status} {str(answer)[:300]}")
        self.tally["sandbox_error or 5xx"] += 1
        return None

    # MARK: Kinds of load

    def ephemeral(self, chance) -> None:
        number = chance.randrange(1 << 30)
        answer = self.run("/execute", {"language": "bash", "code": f"echo {number}"})
        if answer and answer["stdout"] != f"{number}\n":
            self.complaints.append(f"output of a run is wrong: {answer}")

    def long_run(self, chance) -> None:
        code = f"sleep {chance.uniform(0.05, 0.4):.2f} & for i in 1 2 3; do (sleep 60 &); done; wait %1; echo end"
        answer = self.run("/execute", {"language": "bash", "code": code})
        if answer and answer["stdout"] != "end\n":
            self.complaints.append(f"output of a run is wrong: {answer}")

    def write(self, chance) -> None:
        with self.lock:
            known = [sandbox for sandbox, kept in self.kept.items() if kept.is_shared]
            self.entry += 1
            entry = f"entry-{self.entry}"
        if len(known) < 3:
            self.create()
            return None
        sandbox = chance.choice(known)
        kept = self.kept.get(sandbox)
        if kept is None:
            return None
        # Doubtful until it is known: the answer may be lost after the write.
        kept.doubtful.add(entry)
        answer = self.run(f"/{sandbox}/exec", {"code": APPEND.format(entry=entry)})
        if answer and answer["stdout"] == "kept\n":
            kept.entries.append(entry)
            kept.doubtful.discard(entry)
        return None

    def new_name(self) -> str:
        with self.lock:
            self.number += 1
            return f"made-{self.number}"

    def create(self, is_shared: bool = True):
        """The id of a sandbox that must be there from now on, or None."""
        name = self.new_name()
        status, answer = self.call("POST", "", {**STATEFUL, "name": name})
        if status == 201:
            self.ever.add(answer["id"])
            self.kept[answer["id"]] = Kept(is_shared)
            return answer["id"]
        if status == 0:
            self.lost_names.add(name)
        else:
            self.complaints.append(f"create: {status} {answer}")
        return None

    @contextlib.contextmanager
    def passing_sandbox(self, caller):
        """Gives a sandbox, its name, which its forks have too, and a list for the ids of these. All are deleted afterwards."""
        name, forks = self.new_name(), []
        # As long as a call is without an answer, there are some with the name or not.
        self.lost_names.add(name)
        made = caller.served("POST", "", {**STATEFUL, "name": name}, status=201)["id"]
        self.ever.add(made)
        yield made, name, forks
        self.ever.update(forks)
        for sandbox in [made, *forks]:
            caller.served("DELETE", f"/{sandbox}", status=204)
        self.lost_names.discard(name)

    def create_and_delete(self, chance) -> None:
        self.create()
        with self.lock:
            # Only what nobody writes to, so that a run is never refused because of a delete.
            idle = [sandbox for sandbox, kept in self.kept.items() if kept.is_shared and not kept.entries and not kept.doubtful]
            if len(self.kept) < 6 or not idle:
                return
            sandbox = chance.choice(idle)
            del self.kept[sandbox]
            self.doubtful.add(sandbox)
        status, answer = self.call("DELETE", f"/{sandbox}")
        if status == 204:
            self.doubtful.discard(sandbox)
        elif status != 0:
            self.complaints.append(f"delete: {status} {answer}")

    def listed(self) -> list:
        status, answer = self.server.request("GET", BASE + "?per_page=100")
        expect(status == 200 and answer["pagination"]["total_pages"] <= 1, answer)
        self.ever |= {sandbox["id"] for sandbox in answer["data"]}
        return answer["data"]

    def delete_all(self) -> None:
        for sandbox in self.listed():
            expect(self.server.request("DELETE", f"{BASE}/{sandbox['id']}")[0] == 204, "cannot delete")
        self.kept = {}
        self.live.forget()


# So many clients do ordinary things, the others make the live calls.
ORDINARY = 3
WORKS = (Clients.ephemeral, Clients.long_run, Clients.write, Clients.create_and_delete)
