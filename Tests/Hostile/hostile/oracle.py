# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""What must hold after every case, whatever the case itself saw: the five parts of the catalogue's oracle."""

import glob
import hashlib
import os
import re
import secrets
import time

from hostile.case import HANG_SECONDS, Failure, expect
from hostile.pace import in_turns

FIRST_ID = 0x70000000
# The cgroups of runs below the server's: tenant, sandbox, run.
RUNS = "*/sandbox-*/run-*"
# The namespace of the tenant who is measured beside the cases. What is up for it is no case's doing.
BESIDE = "beside"
# From here on the ids are those of interpreters that sandboxes are copied from, which stay.
FIRST_TEMPLATE_ID = FIRST_ID + (4096 - 16) * 65536
# Processes of an interpreter that is copied: the agent and the interpreter.
TEMPLATE_PROCESSES = 2


class Oracle:
    """Knows the idle state, and compares with it."""

    def __init__(self, server, control, directory: str):
        self.server = server
        # Nobody attacks this one.
        self.control = control
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
        # Milliseconds of processor time of a small program.
        self.idle_work = None
        self.work = []

    def learn(self) -> None:
        """Takes the idle state and its speed; after the first runs, so that what is made once is there."""
        for _ in range(15):
            self.fresh_run()
        self.idle_work, self.work = min(self.work), []
        self.learn_state()

    def learn_state(self) -> None:
        """Takes the state when nothing but interpreters to be copied is up, which no waiting by itself makes true."""
        deadline = time.monotonic() + HANG_SECONDS
        before, now = None, self.state()
        while not (is_at_rest(now) and now == before):
            expect(time.monotonic() < deadline, f"O2: the server does not come to rest: {now}")
            time.sleep(0.2)
            before, now = now, self.state()
        self.idle = now

    def fresh_run(self) -> float:
        """Seconds of a run that does next to nothing."""
        seconds, work = small_run(self.server)
        self.work.append(work)
        return seconds

    def control_run(self) -> float:
        """The same on the server that nobody attacks."""
        return small_run(self.control)[0]

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
        best, control, is_fine = in_turns(self.fresh_run, self.control_run, 2, 0.01)
        expect(is_fine, f"O1: a fresh run takes {best:.3f} s, on a server that nobody attacks {control:.3f} s")
        # A host that was slowed slows both, and has more to do for the same program.
        work, self.work = min(self.work), []
        expect(work <= 3 * self.idle_work + 5,
               f"O1: a fresh run takes {work:.1f} ms of processor time, idle {self.idle_work:.1f} ms")

    def check_leaks(self) -> None:
        deadline = time.monotonic() + HANG_SECONDS
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

    def state(self) -> dict:
        """What a leak would change."""
        pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
        server = self.server.process.pid
        # The one that makes sandboxes, and the one that watches over it; below them there are only sandboxes.
        spawners = [pid for child in children(server) for pid in (child, *children(child)[:1])]
        return {
            "processes of sandboxes": sorted(pid for pid in pids if is_of_sandbox(pid) and self.is_ours(pid)),
            # By number: one that has grown old is replaced.
            "processes that are copied": sum(is_of_template(pid) and self.is_ours(pid) for pid in pids),
            "cgroups": sorted(path for path in self.cgroups() if not is_cgroup_of_template(path)),
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


def small_run(server) -> tuple:
    """Seconds, and milliseconds of processor time, of a run that does next to nothing."""
    started = time.monotonic()
    status, answer = server.request(
        "POST", "/auth/v1/seed/default/sandbox/execute", {"language": "python", "code": "print(1)"})
    seconds = time.monotonic() - started
    expect(status == 200 and answer["stdout"] == "1\n", f"a fresh run gave {status}: {answer}")
    return seconds, answer["cpu_time_ms"]


def is_at_rest(state: dict) -> bool:
    """Whether no run is up, no sandbox stands ready, and no interpreter to be copied comes or goes."""
    return (not state["processes of sandboxes"] and state["processes that are copied"] in (0, TEMPLATE_PROCESSES)
            and not any("/run-" in path for path in state["cgroups"]))


def is_of_template(pid: int) -> bool:
    """Whether a process belongs to an interpreter that is copied: those have the last ranges of ids."""
    return owner(pid) >= FIRST_TEMPLATE_ID


def is_of_sandbox(pid: int) -> bool:
    return FIRST_ID <= owner(pid) < FIRST_TEMPLATE_ID


def is_cgroup_of_template(path: str) -> bool:
    return any(is_of_template(int(pid)) for pid in lines(f"{path}/cgroup.procs"))


def cgroup_mounts() -> set:
    """Where the cgroup hierarchies of this host are mounted."""
    return {line.split()[4] for line in lines("/proc/self/mountinfo") if " - cgroup" in line}


def others_only(paths) -> list:
    """Those of some paths of cgroups that are not of the tenant beside the cases."""
    return [path for path in paths if f"/{BESIDE}/" not in path]


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
