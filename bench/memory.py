# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""What the server and its idle sandboxes hold in memory. All figures in bytes."""
import os
import pathlib
import re
import time

import latency
import peers
import server

SANDBOX_COUNT = 100
# Kernel memory and tmpfs, which no process's own figures show.
KERNEL_FIELDS = ("Slab", "KernelStack", "PageTables", "Percpu", "Shmem")
# Memory is read when two readings this far apart agree within this much, or after this many readings.
SETTLE_INTERVAL = 0.5
SETTLE_BYTES = 1 << 20
SETTLE_READINGS = 40
# In the executable's name of every process of ours, a memfd's included.
OURS = "outpost"


def running():
    """Parent, executable and pid namespace of every process that can be read, by process id."""
    found = {}
    for path in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            found[int(path.name)] = (parent, os.readlink(path / "exe"), os.readlink(path / "ns/pid"))
        except OSError:
            continue  # it ended meanwhile, or is a kernel thread without an executable
    return found


def family(root, processes, before):
    """`root`, its descendants, and processes of ours that appeared since `before` and were adopted by pid 1."""
    members = {root} | {pid for pid, (parent, executable, _) in processes.items()
                        if parent == 1 and pid not in before and OURS in executable}
    while True:
        more = {pid for pid, (parent, _, _) in processes.items() if parent in members} - members
        if not more:
            return members & processes.keys()
        members |= more


def rollup(pid):
    """Proportional and resident memory of one process; zeros when it has ended."""
    try:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return {"pss": 0, "rss": 0}
    return {name.lower(): 1024 * int(re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)[1])
            for name in ("Pss", "Rss")}


def meminfo():
    lines = pathlib.Path("/proc/meminfo").read_text().splitlines()
    return {line.split(":")[0]: 1024 * int(line.split()[1]) for line in lines}


def drop_caches():
    os.sync()
    pathlib.Path("/proc/sys/vm/drop_caches").write_text("3\n")


class Meter:
    """Reads the memory of one server, of its sandboxes and of the whole machine."""

    def __init__(self, process_id, before):
        self.process_id = process_id
        self.before = before

    def processes(self):
        """Sums over the processes in the server's own pid namespace, and over those in others: the sandboxes."""
        processes = running()
        own_namespace = processes[self.process_id][2]
        totals = {name: {"processes": 0, "pss": 0, "rss": 0} for name in ("server", "sandboxes")}
        for pid in family(self.process_id, processes, self.before):
            total = totals["server" if processes[pid][2] == own_namespace else "sandboxes"]
            total["processes"] += 1
            for name, value in rollup(pid).items():
                total[name] += value
        return totals

    def reading(self):
        drop_caches()
        system = meminfo()
        processes = self.processes()
        return {
            **processes,
            "process_memory": processes["server"]["pss"] + processes["sandboxes"]["pss"],
            "kernel": {name: system[name] for name in KERNEL_FIELDS},
            "kernel_memory": sum(system[name] for name in KERNEL_FIELDS),
            "available": system["MemAvailable"],
        }

    def settled(self):
        """A reading of a machine at rest; the last one, marked, when it never comes to rest."""
        last = self.reading()
        for _ in range(SETTLE_READINGS):
            time.sleep(SETTLE_INTERVAL)
            reading = self.reading()
            if abs(reading["available"] - last["available"]) < SETTLE_BYTES:
                return {**reading, "settled": True}
            last = reading
        return {**last, "settled": False}


def change(before, after):
    """What was added per sandbox. The available memory falls when memory is used, hence its sign."""
    return {
        "process_memory": (after["process_memory"] - before["process_memory"]) / SANDBOX_COUNT,
        "kernel_memory": (after["kernel_memory"] - before["kernel_memory"]) / SANDBOX_COUNT,
        "whole_system": (before["available"] - after["available"]) / SANDBOX_COUNT,
    }


def per_sandbox(idle, used, deleted):
    """What each sandbox holds, or None where that is not above the noise.

    `idle` and `deleted` are readings without a sandbox. They should be equal, so their difference is the noise: memory
    that the machine gained or lost by itself meanwhile. A sandbox holds more than nothing, so a figure at or below zero
    is noise too.
    """
    noise = {name: abs(value) for name, value in change(idle, deleted).items()}
    held = {name: value if value > noise[name] else None for name, value in change(idle, used).items()}
    return {"held": held, "noise": noise, "settled": all(one["settled"] for one in (idle, used, deleted))}


def measure(service, before):
    """The new server, then what idle stateful sandboxes add after one run each.

    A sandbox that was created and never used is a record in the database: nothing of it is up, so there is nothing to
    measure. The first sandboxes are not measured either: they fill the pools, the allocators and the kernel's caches,
    which stay.
    """
    meter, client = Meter(service.process.pid, before), service.client()
    client.call("GET", "/healthz", 200)
    new = meter.settled()
    delete(client, used_sandboxes(client))
    idle = meter.settled()
    sandboxes = used_sandboxes(client)
    used = meter.settled()
    delete(client, sandboxes)
    deleted = meter.settled()
    client.close()
    return {
        "readings": {"new": new, "idle": idle, "used": used, "deleted": deleted},
        "sandbox": per_sandbox(idle, used, deleted),
    }


def used_sandboxes(client):
    sandboxes = [client.create("stateful").decoded()["id"] for _ in range(SANDBOX_COUNT)]
    for sandbox in sandboxes:
        latency.check_execution(
            client.call("POST", f"{server.SANDBOXES}/{sandbox}/exec", 200, {"code": peers.PROGRAM}))
    return sandboxes


def delete(client, sandboxes):
    for sandbox in sandboxes:
        client.delete(sandbox)
