# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""What must hold after every case, whatever the case itself saw: the five parts of the catalogue's oracle."""

import glob
import hashlib
import os
import re
import secrets
import statistics
import subprocess
import time

from hostile.case import Failure, expect

FIRST_ID = 0x70000000
# The cgroups of runs below the server's: tenant, sandbox, run.
RUNS = "*/sandbox-*/run-*"
# How long what is dying may take to be gone; the usual case is a few milliseconds.
SETTLE_SECONDS = 10


class Oracle:
    """Knows the idle state, and compares with it."""

    def __init__(self, server, directory: str):
        self.server = server
        self.cgroup_base = cgroup_base(server.data)
        self.canary_path = os.path.join(directory, "canary")
        self.canary = secrets.token_hex(16)
        descriptor = os.open(self.canary_path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        with open(descriptor, "w", encoding="ascii") as file:
            file.write(self.canary)
        self.canary_hash = file_hash(self.canary_path)
        self.environment_canary = os.environ["OUTPOST_CANARY"]
        # Those of the answers so far; the kernel tells the path of a bound disk below the spawner's own root, so only
        # the sandbox's id says whose it is.
        self.sandboxes = set()
        # Everything that any answer said since the last check.
        self.transcript = []
        self.idle = None
        self.idle_latency = None
        self.idle_control = None

    def learn(self) -> None:
        """Takes the idle state and its speed; after a first run, so that what is made once is there."""
        self.fresh_run()
        pairs = [(self.fresh_run(), control_run()) for _ in range(15)]
        self.idle_latency, self.idle_control = (statistics.median(times) for times in zip(*pairs))
        self.learn_state()

    def learn_state(self) -> None:
        # Sandboxes that stand ready go within moments when nobody asks for one; an interpreter to be copied stays.
        deadline = time.monotonic() + SETTLE_SECONDS
        while len(self.runs()) > 1 and time.monotonic() < deadline:
            time.sleep(0.05)
        self.idle = self.settled_state()

    def runs(self) -> set:
        return set(re.findall(r"/run-[0-9]+", " ".join(self.cgroups())))

    def fresh_run(self) -> float:
        """Seconds of a run that does next to nothing."""
        started = time.monotonic()
        status, answer = self.server.request(
            "POST", "/auth/v1/seed/default/sandbox/execute", {"language": "python", "code": "print(1)"})
        expect(status == 200 and answer["stdout"] == "1\n", f"a fresh run gave {status}: {answer}")
        return time.monotonic() - started

    def check(self) -> None:
        """Raises `Failure` naming the part that does not hold."""
        transcript, self.transcript = self.transcript, []
        self.sandboxes.update(*(re.findall(r"sbx_[0-9a-f]{12}", text) for text in transcript))
        expect(self.server.is_running() and self.server.is_healthy(), "O1: the server is not healthy")
        self.check_speed()
        self.check_leaks()
        expect(file_hash(self.canary_path) == self.canary_hash, "O3: the host's canary file changed")
        with open(self.server.log_path, encoding="utf-8", errors="replace") as log:
            said = log.read()
        for text in [*transcript, said]:
            for canary in (self.canary, self.environment_canary):
                expect(canary not in text, "O3: a canary appeared in an answer or the log")

    def check_speed(self) -> None:
        # The best of a few: one slow run on a shared machine says nothing, a host that was slowed slows all of them.
        # Turn by turn with a program that no server runs, since what slows both, such as a build beside the tests, is
        # not the attack's doing; up to a point, beyond which the host itself is what suffered.
        best, control = (min(times) for times in zip(*((self.fresh_run(), control_run()) for _ in range(7))))
        slower = min(max(control / self.idle_control, 1), 3)
        expect(best <= (2 * self.idle_latency + 0.005) * slower,
               f"O1: a fresh run takes {best:.3f} s, idle {self.idle_latency:.3f} s, and without a sandbox "
               f"{control:.3f} s, idle {self.idle_control:.3f} s")

    def check_leaks(self) -> None:
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            now = self.state()
            wrong = {key: (self.idle[key], now[key]) for key in now if not self.same(key, self.idle[key], now[key])}
            if not wrong:
                return
            if time.monotonic() > deadline:
                raise Failure(f"O2: left behind (before, now): {wrong}")
            time.sleep(0.02)

    @staticmethod
    def same(key: str, before, now) -> bool:
        # Idle connections and the database's own files come and go; a leak grows case by case and beyond this.
        return now <= before + 16 if key == "server descriptors" else before == now

    def settled_state(self) -> dict:
        """The state once two looks in a row agree, or the last one when it does not come to rest."""
        now = self.state()
        deadline = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < deadline:
            time.sleep(0.2)
            before, now = now, self.state()
            if now == before:
                break
        return now

    def state(self) -> dict:
        """What a leak would change."""
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
        server = self.server.process.pid
        # The one that makes sandboxes, and the one that watches over it; below them there are only sandboxes.
        spawners = [pid for child in children(server) for pid in (child, *children(child)[:1])]
        return {
            "processes of sandbox ids": sorted(pid for pid in pids if owner(pid) >= FIRST_ID and self.is_ours(pid)),
            "cgroups": sorted(self.cgroups()),
            "mounts of the host": sum(self.server.data in line for line in lines("/proc/self/mountinfo")),
            "mounts of the spawner": [len(lines(f"/proc/{pid}/mountinfo")) for pid in spawners if has_own_mounts(pid)],
            "loop devices": sorted(self.loop_devices()),
            "server descriptors": len(os.listdir(f"/proc/{server}/fd")),
            "spawner descriptors": [len(os.listdir(f"/proc/{pid}/fd")) for pid in spawners],
            "zombies": sorted(pid for pid in pids if parent(pid) in (server, *spawners) and is_zombie(pid)),
            "sandbox directories": sorted(os.listdir(os.path.join(self.server.data, "sandboxes")))
            if os.path.isdir(os.path.join(self.server.data, "sandboxes")) else [],
        }

    def is_ours(self, pid: int) -> bool:
        """Other servers may run sandboxes on this host; ours descend from our spawner."""
        ours = set(children(self.server.process.pid))
        seen = set()
        while pid > 1 and pid not in seen:
            if pid in ours:
                return True
            seen.add(pid)
            pid = parent(pid)
        return False

    def cgroups(self):
        # The cgroup of a sandbox is kept for the tenant's next one; it counts while somebody is in it.
        for mount in cgroup_mounts():
            yield from glob.glob(f"{mount}/{self.cgroup_base}/{RUNS}/")
            yield from (agent for agent in glob.glob(f"{mount}/{self.cgroup_base}/*/sandbox-*/agent/")
                        if lines(f"{agent}cgroup.procs"))

    def loop_devices(self):
        for path in glob.glob("/sys/block/loop*/loop/backing_file"):
            if any(sandbox in "".join(lines(path)) for sandbox in self.sandboxes):
                yield path


def control_run() -> float:
    """Seconds of the same program without a sandbox and without a server."""
    started = time.monotonic()
    subprocess.run(["/usr/bin/python3", "-c", "print(1)"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   check=True)
    return time.monotonic() - started


def cgroup_mounts() -> set:
    """Where the cgroup hierarchies of this host are mounted."""
    return {line.split()[4] for line in lines("/proc/self/mountinfo") if " - cgroup" in line}


def cgroup_base(data: str) -> str:
    """The name that the server gives its cgroups: `outpost-` and the upper half of FNV-1a of its data directory."""
    value = 0xCBF29CE484222325
    for byte in data.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return f"outpost-{value >> 32:08x}"


def file_hash(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def lines(path: str) -> list:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read().splitlines()
    except (FileNotFoundError, ProcessLookupError, OSError):
        return []


def field(pid: int, name: str) -> str:
    for line in lines(f"/proc/{pid}/status"):
        if line.startswith(name + ":"):
            return line.split(":", 1)[1].strip()
    return ""


def owner(pid: int) -> int:
    return int((field(pid, "Uid") or "0").split()[0])


def parent(pid: int) -> int:
    return int(field(pid, "PPid") or 0)


def is_zombie(pid: int) -> bool:
    return field(pid, "State").startswith("Z")


def has_own_mounts(pid: int) -> bool:
    """Whether it sees other mounts than the host does, where any program may mount something meanwhile."""
    try:
        return os.readlink(f"/proc/{pid}/ns/mnt") != os.readlink("/proc/self/ns/mnt")
    except OSError:
        return False


def children(pid: int) -> list:
    text = "".join(lines(f"/proc/{pid}/task/{pid}/children"))
    return [int(number) for number in text.split()]
