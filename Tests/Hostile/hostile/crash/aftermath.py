# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""What must hold when the dust has settled."""

import glob
import os

from hostile.case import expect
from hostile.crash.clients import BASE
from hostile.crash.survivors import Survivors
from hostile.host import agents, in_runs, processes_below, run_cgroups, wait_for
from hostile.oracle import cgroup_base, cgroup_mounts, children, is_of_template, is_zombie, lines, parent

# A server opens some with its threads and for what it keeps ready, sooner or later.
FEW = 16


class Aftermath:
    """Compares the server and the host with what the clients know."""

    def __init__(self, server, clients):
        self.server = server
        self.clients = clients
        self.survivors = Survivors(server, clients)
        # Of a server that has just begun.
        self.fresh = self.descriptors()

    def check(self) -> None:
        """Raises `Failure` naming what is lost, half made, or left behind."""
        for living in self.clients.live.living.values():
            self.clients.live.resume(living)
        self.check_sandboxes()
        self.survivors.check()
        self.check_files()
        self.check_leaks()

    def check_sandboxes(self) -> None:
        """Those that were acknowledged are there and no other, but for those whose answer was lost."""
        clients = self.clients
        listed = {sandbox["id"]: sandbox for sandbox in clients.listed()}
        # A process that was left there keeps its sandbox running.
        busy = {living.sandbox for living in clients.live.living.values() if living.processes or living.kernels}
        missing = set(clients.kept) - set(listed)
        expect(not missing, f"acknowledged sandboxes are gone: {missing}")
        for identifier, sandbox in listed.items():
            allowed = ("ready", "running") if identifier in busy else ("ready",)
            expect(sandbox["status"] in allowed, f"{identifier} is {sandbox['status']}")
            if identifier in clients.kept:
                continue
            expect(identifier in clients.doubtful or sandbox["name"] in clients.lost_names,
                   f"nobody made {identifier}, or it was deleted: {sandbox}")
            # One that exists without its maker knowing must be whole all the same.
            answer = self.server.request("POST", f"{BASE}/{identifier}/exec", {"code": "print('whole')"})
            expect(answer[0] == 200 and answer[1]["stdout"] == "whole\n", f"{identifier} is half made: {answer}")
            expect(self.server.request("DELETE", f"{BASE}/{identifier}")[0] == 204, "cannot delete")
        clients.doubtful, clients.lost_names = set(), set()

    def check_files(self) -> None:
        """Every write that was acknowledged after fsync is there, in its place."""
        for identifier, kept in self.clients.kept.items():
            if not kept.entries and not kept.doubtful:
                continue
            status, answer = self.server.request("POST", f"{BASE}/{identifier}/exec", {
                "code": "import os\nprint(open('ledger').read() if os.path.exists('ledger') else '', end='')"})
            expect(status == 200 and answer["status"] == "succeeded", f"{identifier} cannot be read: {status} {answer}")
            found = answer["stdout"].split("\n")
            expect(found.pop() == "", f"{identifier}: the last line is cut: {answer['stdout'][-80:]!r}")
            lost = [entry for entry in kept.entries if entry not in found]
            expect(not lost, f"{identifier}: acknowledged and lost: {lost}")
            strange = [entry for entry in found if entry not in kept.entries and entry not in kept.doubtful]
            expect(not strange, f"{identifier}: nobody wrote {strange}")
            kept.entries, kept.doubtful = found, set()

    def check_leaks(self) -> None:
        wait_for(lambda: not self.leaks(), lambda: f"left behind: {self.leaks()}")

    def leaks(self) -> list:
        """What is there that belongs to nothing."""
        server = self.server.process.pid
        known = set(self.clients.kept)
        found = [f"process of a run: {pid}" for pid in in_runs(self.server) if not is_of_template(pid)]
        found += [f"cgroup: {path}" for path in run_cgroups(self.server)
                  if not any(is_of_template(int(pid)) for pid in lines(f"{path}/cgroup.procs"))]
        found += [f"sandbox directory: {name}" for name in self.directories() if name not in known]
        found += [f"draft: {path}" for path in glob.glob(f"{self.server.data}/sandboxes/*/*.new")]
        found += [f"loop device of {path}" for path in self.loop_files() if sandbox_of(path) not in known]
        found += [f"mount of the host: {line}" for line in lines("/proc/self/mountinfo") if self.server.data in line]
        ours = {server, *children(server)}
        found += [f"zombie: {pid}" for pid in self.pids() if parent(pid) in ours and is_zombie(pid)]
        up = len([agent for agent in agents(self.server) if not is_of_template(agent)])
        if up > len(known):
            found.append(f"{up} sandboxes are up, {len(known)} exist")
        strays = [pid for pid in processes_below(self.server, "") if pid not in self.family()]
        return found + [f"process of a dead server: {pid}" for pid in strays]

    def family(self) -> set:
        """All that descends from the server."""
        found, todo = set(), [self.server.process.pid]
        while todo:
            pid = todo.pop()
            found.add(pid)
            todo += children(pid)
        return found

    @staticmethod
    def pids() -> list:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]

    def directories(self) -> list:
        path = os.path.join(self.server.data, "sandboxes")
        return os.listdir(path) if os.path.isdir(path) else []

    def loop_files(self) -> list:
        """The images that are bound, of sandboxes that this server ever had."""
        # The kernel tells the path below the spawner's own root, so only the sandbox's id says whose it is.
        paths = ["".join(lines(path)) for path in glob.glob("/sys/block/loop*/loop/backing_file")]
        return [path for path in paths if sandbox_of(path) in self.clients.ever]

    def check_descriptors(self) -> None:
        """The server that has met the last kills holds few more than one that has just begun."""
        wait_for(lambda: self.descriptors() <= self.fresh + FEW,
                 lambda: f"the server holds {self.descriptors()} descriptors, one that had just begun {self.fresh}")

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.server.process.pid}/fd"))

    def check_end(self) -> None:
        """After an ordinary end nothing at all of the server is left."""
        self.check_leaks()
        self.check_descriptors()
        code = self.server.terminate()
        expect(code == 0, f"the server ended with {code}")
        wait_for(lambda: not any(os.path.exists(f"{mount}/{cgroup_base(self.server.data)}") for mount in cgroup_mounts()),
                 "a cgroup of the server is left")
        expect(not processes_below(self.server, ""), "a process of the server is left")
        expect(not self.loop_files(), f"loop devices: {self.loop_files()}")


def sandbox_of(path: str) -> str:
    return os.path.basename(os.path.dirname(path))

