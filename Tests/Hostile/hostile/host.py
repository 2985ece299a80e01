# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""What the host sees of a server's sandboxes, and calls that go on in the background meanwhile."""

import glob
import os
import threading
import time

from hostile.case import HANG_SECONDS, expect
from hostile.oracle import RUNS, cgroup_base, cgroup_mounts, children, field, lines, others_only


def processes_below(server, part: str) -> list:
    """The live processes in the server's cgroups in whose path `part` stands."""
    base = f"/{cgroup_base(server.data)}/"
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and any(base in line and part in line for line in others_only(lines(f"/proc/{name}/cgroup"))):
            # What has ended and waits to be reaped keeps its cgroup; it is no process that could do anything.
            if field(int(name), "State")[:1] not in ("", "Z", "X"):
                found.append(int(name))
    return sorted(found)


def in_runs(server) -> list:
    """The live processes of all runs."""
    return processes_below(server, "/run-")


def run_cgroups(server) -> list:
    """The directories of all runs, in every hierarchy."""
    return others_only(path for mount in cgroup_mounts() for path in glob.glob(f"{mount}/{cgroup_base(server.data)}/{RUNS}"))


def spawner(server) -> int:
    """The process that makes the server's sandboxes, or 0; its parent is the one that watches over it."""
    for supervisor in children(server.process.pid):
        # Not below it: between clone and exec a sandbox still has the spawner's words.
        for child in children(supervisor):
            if "spawner-worker" in command(child):
                return child
    return 0


def agents(server) -> list:
    """Pid 1 of each sandbox."""
    # Between clone and exec a child still has the spawner's words.
    return [child for child in children(spawner(server)) if "guest" in command(child)
            and len(others_only(lines(f"/proc/{child}/cgroup"))) == len(lines(f"/proc/{child}/cgroup"))]


def command(pid: int) -> str:
    return " ".join("".join(lines(f"/proc/{pid}/cmdline")).split("\0"))


def wait_for(condition, otherwise) -> float:
    """Returns after how many seconds `condition()` was true; fails with `otherwise` when it does not become so.

    What must be gone must not go by itself within `HANG_SECONDS`, or this proves nothing."""
    started = time.monotonic()
    while not condition():
        expect(time.monotonic() - started < HANG_SECONDS, otherwise() if callable(otherwise) else otherwise)
        time.sleep(0.001)
    return time.monotonic() - started


def processor_seconds(*pids: int) -> float:
    """Processor time that processes of the host have used."""
    ticks = 0
    for pid in pids:
        fields = "".join(lines(f"/proc/{pid}/stat")).rsplit(")", 1)[-1].split()
        ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def platform_seconds(server) -> float:
    """Processor time of the server, and of what makes its sandboxes."""
    return processor_seconds(server.process.pid, spawner(server))


class Background:
    """A call in a thread of its own."""

    def __init__(self, call, *arguments, **fields):
        self.value = None
        self.error = None
        self.thread = threading.Thread(target=self.run, args=(call, arguments, fields), daemon=True)
        self.thread.start()

    def run(self, call, arguments, fields) -> None:
        try:
            self.value = call(*arguments, **fields)
        except Exception as error:  # pylint: disable=broad-except
            # Whatever it is belongs to whoever asks for the result.
            self.error = error

    def is_over(self) -> bool:
        return not self.thread.is_alive()

    def result(self, patience_seconds: float = 2 * HANG_SECONDS):
        """What the call returned, or raises what it raised."""
        self.thread.join(patience_seconds)
        expect(self.is_over(), f"a call has not ended in {patience_seconds} s")
        if self.error:
            raise self.error
        return self.value
