# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""What the kernel counts once for the whole host, and what it complains about in its log."""

import glob
import re
import subprocess
import time

from hostile.oracle import lines

# What a batch may leave behind of each; others on the host use them too, so it is generous, and `Batches` looks whether
# the same batch leaves as much each time.
MiB = 1 << 20
SLACK = {
    "SUnreclaim": 96 * MiB, "Percpu": 32 * MiB, "KernelStack": 16 * MiB, "PageTables": 64 * MiB, "VmallocUsed": 64 * MiB,
    "Shmem": 128 * MiB, "Mlocked": 64 * MiB, "Unevictable": 64 * MiB, "machine code of filters": 4 * MiB,
    "memory of TCP": 16 * MiB, "memory of UDP": 16 * MiB, "open files": 20_000, "inodes": 200_000, "pseudo terminals": 16,
    "asynchronous requests": 64, "tasks": 400, "cgroups of memory": 1000, "file locks": 200, "loop devices": 16,
}
# Not the traps of programs, nor the traces that the kernel prints when a cgroup has no memory left.
# What the runs of a batch may have of each while they go on: all that is charged to nobody, as the threat model tells.
MOST = {
    "SUnreclaim": 1024 * MiB, "Percpu": 256 * MiB, "KernelStack": 256 * MiB, "VmallocUsed": 512 * MiB,
    "machine code of filters": 32 * MiB, "memory of TCP": 512 * MiB, "memory of UDP": 1024 * MiB, "open files": 300_000,
    "pseudo terminals": 1024, "asynchronous requests": 1024, "tasks": 2000, "file locks": 20_000, "loop devices": 64,
}
COMPLAINT = re.compile(r"WARNING:|BUG:|kernel BUG|Oops|general protection fault, probably|blocked for more than|lockup|"
                       r"rcu.*stall|refcount_t|use-after-free|kernel panic|page allocation failure|TCP: out of memory|"
                       r"unregister_netdevice: waiting|list_(add|del) corruption|scheduling while atomic",
                       re.I)
# A disk of others may be full or broken.
DISK_COMPLAINT = re.compile(r"EXT4-fs error|I/O error")


def counters() -> dict:
    """What is in use now, in bytes or pieces."""
    memory = dict(line.split(":", 1) for line in lines("/proc/meminfo"))
    found = {name: int(memory[name].split()[0]) * 1024 for name in SLACK if name in memory}
    sockets = "\n".join(lines("/proc/net/sockstat"))
    for name in ("TCP", "UDP"):
        match = re.search(rf"^{name}: .*mem (\d+)", sockets, re.M)
        found[f"memory of {name}"] = int(match.group(1)) * 4096 if match else 0
    found["open files"] = number("/proc/sys/fs/file-nr")
    found["inodes"] = number("/proc/sys/fs/inode-nr")
    found["pseudo terminals"] = number("/proc/sys/kernel/pty/nr")
    found["asynchronous requests"] = number("/proc/sys/fs/aio-nr")
    found["tasks"] = int("".join(lines("/proc/loadavg")).split()[3].split("/")[1])
    found["cgroups of memory"] = sum(
        int(line.split()[2]) for line in lines("/proc/cgroups") if line.startswith("memory"))
    found["file locks"] = len(lines("/proc/locks"))
    found["loop devices"] = len(glob.glob("/sys/block/loop*/loop/backing_file"))
    found["machine code of filters"] = sum(int(line.split()[1]) for line in lines("/proc/vmallocinfo") if "bpf_" in line)
    return found


def number(path: str) -> int:
    text = "".join(lines(path)).split()
    return int(text[0]) if text else 0


class HostCounters:
    """The state of the host at rest."""

    def __init__(self):
        self.idle = counters()
        # By how much each was above that at the most, in this batch and in all.
        self.peaks, self.all_peaks = {}, {}

    def look(self) -> None:
        """Notes what is in use while a batch goes on."""
        for name, now in counters().items():
            for peaks in (self.peaks, self.all_peaks):
                peaks[name] = max(peaks.get(name, 0), now - self.idle[name])

    def beyond(self) -> dict:
        """What the batch had more of than it may."""
        return {name: peak for name, peak in self.peaks.items() if peak > MOST.get(name, peak)}

    def begin(self) -> None:
        """Begins with a batch."""
        self.peaks = {}

    def learn(self) -> None:
        self.idle = counters()

    def grown(self, patience_seconds: float) -> dict:
        """By how much what is more than it may be has grown, after what is freed late had the time for it."""
        deadline = time.monotonic() + patience_seconds
        while True:
            now = counters()
            more = {name: now[name] - self.idle[name] for name in now if now[name] > self.idle[name] + SLACK[name]}
            if not more or time.monotonic() > deadline:
                return more
            time.sleep(0.2)


class KernelLog:
    """The kernel's messages since the last look, where they may be read."""

    def __init__(self):
        self.seen = None
        # Of disks, since the last look.
        self.disks = []
        self.complaints()

    def complaints(self) -> list:
        read = subprocess.run(["dmesg"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        if read.returncode != 0:
            return []
        text = read.stdout.decode(errors="replace").splitlines()
        # The ring loses its oldest lines; what was last seen is found by its text, which begins with a time.
        start = text.index(self.seen) + 1 if self.seen in text else 0
        first, self.seen = self.seen is None, text[-1] if text else None
        new = [] if first else text[start:]
        self.disks = [line for line in new if DISK_COMPLAINT.search(line)]
        return [line for line in new if COMPLAINT.search(line)]
