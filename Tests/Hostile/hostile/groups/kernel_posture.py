# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group K: what a program is inside, for each of its threads, compared with the committed record in `posture/`.

With OUTPOST_WRITE_POSTURE=1 in the environment the case writes the records instead, to be looked through and committed.
"""

import json
import os
import re

from hostile.case import case, expect
from hostile.probe import NUMBERS, PROGRAMS, need_x86_64, report

RECORDS = os.path.join(PROGRAMS, "..", "posture")
WANTED = {
    "default": {"user": "sandbox"},
    "root": {"user": "root"},
    "strict": {"preset": "strict"},
    "debug": {"preset": "debug"},
}
# By what they are called with, which is nothing, or nothing that there is. Those that the presets differ in, and those
# that none may have.
CALLS = {
    "ptrace TRACEME": ("ptrace", 0), "process_vm_readv": ("process_vm_readv", 0), "kcmp": ("kcmp", 0, 0, 99),
    "pidfd_getfd": ("pidfd_getfd", -1), "perf_event_open": ("perf_event_open", 0), "bpf": ("bpf", 99),
    "process_madvise": ("process_madvise", -1), "personality ADDR_NO_RANDOMIZE": ("personality", 0x40000),
    "personality READ_IMPLIES_EXEC": ("personality", 0x400000), "userfaultfd": ("userfaultfd", 0),
    "unshare NEWUSER": ("unshare", 0x10000000), "clone NEWUSER": ("clone", 0x10000000 | 17),
    "clone3": ("clone3", 0), "setns": ("setns", -1, 0), "io_uring_setup": ("io_uring_setup", 0),
    "keyctl": ("keyctl", 0),
    "mount": ("mount", 0), "shmget": ("shmget", 0, 0), "semget": ("semget", 0, 0), "msgget": ("msgget", 0, 0o1000),
    "mq_open": ("mq_open", 0), "inotify_init1": ("inotify_init1", -1), "setxattr": ("setxattr", 0),
    "mknodat": ("mknodat", -1, 0), "sched_setscheduler": ("sched_setscheduler", -1), "mbind": ("mbind", 1),
    "sync_file_range": ("sync_file_range", -1), "syncfs": ("syncfs", -1), "vmsplice": ("vmsplice", -1),
    "mlockall": ("mlockall", 0), "pkey_alloc": ("pkey_alloc", -1), "flock": ("flock", -1),
    "landlock_create_ruleset": ("landlock_create_ruleset", 0, 1, 99), "seccomp": ("seccomp", 99),
}
# In /proc; those that the kernel does not have are as well hidden as those that are covered.
HIDDEN = ("acpi asound cmdline config.gz interrupts kallsyms kcore keys key-users kmsg kpagecgroup kpagecount "
          "kpageflags latency_stats modules sched_debug scsi slabinfo softirqs sysrq-trigger timer_list timer_stats "
          "vmallocinfo 1/mem 1/environ 1/maps 1/status")
# What the kernel adds to a file system's options by itself, differently from version to version.
KERNELS_OPTIONS = ("redirect_dir=", "uuid=", "index=", "metacopy=", "xino=", "inode64")


@case("K21", "the golden posture: each thread's capabilities, filters and namespaces; descriptors, mounts, processes, limits, cgroups, environment, writable paths, answers to calls",
      "as committed, for the ordinary user, the sandbox's root, and the presets strict and debug", quick=True)
def posture(bench):
    need_x86_64()
    calls = {name: [NUMBERS[call], *arguments] for name, (call, *arguments) in CALLS.items()}
    with open(os.path.join(PROGRAMS, "posture.py"), encoding="utf-8") as file:
        program = file.read()
    for name, security in WANTED.items():
        execution = bench.python(program, args=[HIDDEN.replace(" ", ","), json.dumps(calls)], security=security,
                                 resource_limits={"memory_mb": 512, "disk_mb": 1024})
        seen = record(report(execution), bench.server.process)
        path = os.path.join(RECORDS, f"{name}.json")
        if os.environ.get("OUTPOST_WRITE_POSTURE") == "1":
            with open(path, "w", encoding="utf-8") as file:
                file.write(json.dumps(seen, indent=2, sort_keys=True) + "\n")
        with open(path, encoding="utf-8") as file:
            golden = json.load(file)
        if os.environ.get("OUTPOST_WARM") == "1" and name in ("default", "root"):
            add_filter_of_template(golden)
        expect(seen == golden, f"{name}: {difference(golden, seen)}")
    return f"as committed, for {', '.join(WANTED)}; 8 looks at threads, {len(calls)} calls and one look at a child each"


def add_filter_of_template(golden: dict) -> None:
    """A copy of a running interpreter has that one's filter on top of its own two; all else is the same."""
    for look in ("every thread", "child"):
        golden[look]["Seccomp_filters"] = "3"


def record(seen: dict, server) -> dict:
    """What of a report is the same on every host and in every slot."""
    threads = [portable_thread(thread) for thread in seen.pop("threads")]
    expect(len(threads) == 8, f"{len(threads)} looks at threads")
    expect(all(thread == threads[0] for thread in threads), f"the threads differ: {threads}")
    seen["every thread"] = threads[0]
    expect(seen["id map"][0] == "0" and seen["id map"][2] == "65536" and int(seen["id map"][1]) >= 0x70000000,
           f"id map {seen['id map']}")
    del seen["id map"]
    seen["mounts below /proc"] = sorted({portable_mount(mount) for mount in seen["mounts"]
                                         if mount["point"].startswith("/proc/")})
    seen["mounts"] = {mount["point"]: portable_mount(mount) for mount in seen["mounts"]
                      if not mount["point"].startswith("/proc/")}
    # Of which version they are is the host's.
    views = [seen["mounts"].pop(point) for point in list(seen["mounts"]) if point.startswith("/sys/fs/cgroup")]
    wrong = [view for view in views if not re.fullmatch(
        r"tmpfs none /(nothing|\d+/\d+)? ro,nosuid,nodev,noexec,relatime rw.*", view)]
    expect(views and not wrong, f"the run's view of its cgroup: {wrong or 'none'}")
    # As many as the server may have at the most; no limit, where it has CAP_SYS_RESOURCE.
    with open(f"/proc/{server.pid}/limits", encoding="ascii") as file:
        most = next(line[26:].split()[1] for line in file if line.startswith("Max processes"))
    if seen["limits"]["Max processes"] in ([most] * 2, ["unlimited"] * 2):
        seen["limits"]["Max processes"] = "the server's most"
    # Nine queues of the usual size, or one where the server may not have so much for all.
    if seen["limits"]["Max msgqueue size"] in (["819200"] * 2, ["98304"] * 2):
        seen["limits"]["Max msgqueue size"] = "one queue or nine"
    # lib32 and its like are links to what the host has.
    seen["root"] = [name for name in seen["root"] if not name.startswith("lib")]
    return seen


def portable_thread(thread: dict) -> dict:
    spaces = thread.pop("namespaces")
    own = [name for name, link in spaces.items() if link != os.readlink(f"/proc/self/ns/{name}")]
    return thread | {"namespaces of its own": own, "namespaces of the host": sorted(spaces.keys() - set(own))}


def portable_mount(mount: dict) -> str:
    more = [option.split("=")[0] + "=the sandbox's 0" if option.startswith(("uid=", "gid=")) else option
            for option in mount["more"] if not option.startswith(KERNELS_OPTIONS)]
    # Its name has the number of the sandbox's range of ids, as the id map has.
    source = re.sub(r"^/online/\d+$", "/online/the sandbox's", mount["source"])
    return f"{mount['type']} {mount['device']} {source} {mount['options']} {','.join(more)}"


def difference(golden, seen, path: str = "") -> list:
    """Where two records differ: path, committed, seen."""
    if isinstance(golden, dict) and isinstance(seen, dict):
        return [line for key in sorted(golden.keys() | seen.keys())
                for line in difference(golden.get(key), seen.get(key), f"{path}/{key}")]
    return [] if golden == seen else [f"{path}: {golden!r} is now {seen!r}"]
