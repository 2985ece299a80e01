# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group R: pools of the host that no cgroup of a run bounds, and what is counted to the server, as a walk through the
kernel's settings found them."""

import contextlib
import os
import resource
import secrets
import stat
import subprocess
import tempfile

from hostile.bench import ended, out
from hostile.case import NotHere, case, expect
from hostile.groups.kernel_calls import try_all
from hostile.held import holding, release, start_holding
from hostile.host import wait_for
from hostile.probe import probe, report
from hostile.scratch_server import scratch_server

MIB = 1 << 20


def setting(name: str) -> str:
    with open(f"/proc/sys/{name}", encoding="ascii") as file:
        return file.read().strip()


@contextlib.contextmanager
def changed(name: str, value: str):
    """Gives a setting of the host another value for a while."""
    before = setting(name)
    try:
        with open(f"/proc/sys/{name}", "w", encoding="ascii") as file:
            file.write(value)
    except OSError as error:
        raise NotHere(f"{name} cannot be written: {error}") from error
    try:
        yield
    finally:
        with open(f"/proc/sys/{name}", "w", encoding="ascii") as file:
            file.write(before)


# Connections that nobody accepts, each with as much as it takes; what connected is closed, so it costs no descriptor.
UNACCEPTED = """
listener = socket.socket()
def take():
    listener.bind(('127.0.0.1', 0))
    listener.listen(1 << 30)
    taken = 0
    for _ in range(1000):
        one = socket.socket()
        one.setblocking(False)
        try: one.connect(listener.getsockname())
        except BlockingIOError: pass
        # Connected at once as long as there is room.
        try:
            one.send(bytes(60_000))
            taken += 1
        except OSError: pass
        one.close()
    return taken
"""


@case("R10", "leave 1,000 connections that nobody accepts at one listener, each with 60 KB sent to it",
      "charged to nobody, so at most 129 for each listener", quick=True)
def unaccepted(bench):
    held = []
    with holding(bench, UNACCEPTED, held, resource_limits={"memory_mb": 64}):
        pass
    expect(0 < held[0] <= 129, f"{held[0]} connections wait, with {held[0] * 60_000 / MIB:.0f} MiB")
    return f"{held[0]} of 1,000, with {held[0] * 60_000 / MIB:.0f} MiB"


OPENED = """
def take():
    read, write = os.pipe()
    for _ in range(16):
        if os.fork() == 0:
            taken = 0
            try:
                while os.open('/dev/null', os.O_RDONLY): taken += 1
            except OSError: pass
            os.write(write, struct.pack('I', taken))
            signal.pause()
    return sum(struct.unpack('I', os.read(read, 4))[0] for _ in range(16))
"""


@case("R11", "open all files that 16 processes may have open",
      "charged to the run; the host has room for as many in each of 256 runs with 128 processes, and process ids for them",
      quick=True)
def files_of_the_host(bench):
    if not os.access("/proc/sys/fs/file-max", os.W_OK):
        raise NotHere("no server can raise the host's limits here: /proc/sys is read-only")
    held = []
    before = int(setting("fs/file-nr").split()[0])
    with holding(bench, OPENED, held):
        during = int(setting("fs/file-nr").split()[0])
    most, ids = int(setting("fs/file-max")), int(setting("kernel/pid_max"))
    expect(held[0] >= 60_000 and during - before > 50_000, f"{held[0]} opened, {during - before} counted")
    expect(most >= held[0] // 16 * 128 * 256, f"{held[0]} in one run, fs.file-max is {most}")
    expect(ids >= 4096 + 256 * 128, f"kernel.pid_max is {ids}")
    return f"{held[0]} in one run; fs.file-max {most}, kernel.pid_max {ids}"


FORKS = """
def take():
    for taken in range(100):
        try:
            if os.fork() == 0: signal.pause()
        except OSError as error: return [taken, name_of(error.errno)]
    return [100, 'ok']
"""


@case("R12", "start 100 processes in each of four forks of one interpreter, on a server that may itself have 300 (RLIMIT_NPROC)",
      "each gets its own; the server's limit does not apply to them")
def processes_of_copies(bench):
    limits = resource.getrlimit(resource.RLIMIT_NPROC)
    resource.setrlimit(resource.RLIMIT_NPROC, (300, limits[1]))
    try:
        with scratch_server(bench.server.program, pool="{ceiling: 16}") as server:
            own = type(bench)(server, None)
            for _ in range(3):
                ended(own.python("print(1)"), "succeeded")
            wait_for(lambda: is_copied(own), "no copy of an interpreter comes")
            running = [start_holding(own, FORKS) for _ in range(4)]
            seen = [report(release(*one)) for one in running]
    finally:
        resource.setrlimit(resource.RLIMIT_NPROC, limits)
    expect(seen == [[100, "ok"]] * 4, f"processes: {seen}")
    return "100 in each of four"


def is_copied(bench) -> bool:
    """Whether a run comes from a copy, which has the template's filter as well as its own two."""
    answer = bench.python("print(open('/proc/self/status').read())")
    return "Seccomp_filters:\t3" in out(answer)


# Dies under a name by which the host's program tells it from whatever else crashes meanwhile.
CRASH = """
import ctypes, os, resource
ctypes.CDLL(None).prctl(15, {name!r}, 0, 0, 0)
try: {before}
except ValueError: pass
os.abort()
"""
LIMITS = ("pass", *(f"resource.setrlimit(resource.RLIMIT_CORE, ({value}, {value}))"
                    for value in ("0", "1", "resource.RLIM_INFINITY")))


@case("R13", "crash where the host gives core dumps to a program: with the limit unchanged, set to 0, to 1 and to the maximum",
      "that program, which is root on the host and in no cgroup, does not start", quick=True)
def core_dump_program(bench):
    name = secrets.token_hex(4)
    with tempfile.TemporaryDirectory(prefix="outpost-hostile-core-", dir="/var/tmp") as directory:
        program, log = f"{directory}/dump", f"{directory}/log"
        with open(program, "w", encoding="ascii") as file:
            file.write(f'#!/bin/sh\ncase "$1" in *{name}) echo "$1" >> {log};; esac\n')
        os.chmod(program, 0o755)
        with changed("kernel/core_pattern", f"|{program} %e"):
            for limit in LIMITS:
                result = bench.python(crash(f"in{name}", limit))
                expect(ended(result, "failed") and result["signal"] == "SIGABRT", result)
            # One of the host's own, after those: it shows that the program would have run.
            subprocess.run(["/usr/bin/python3", "-c", crash(f"out{name}", LIMITS[1])], check=False, timeout=60)
            wait_for(lambda: f"out{name}" in lines(log), "the host's own crash does not start the program either")
        started = lines(log).count(f"in{name}")
    expect(started == 0, f"{started} of {len(LIMITS)} crashes in sandboxes started the host's program as root")
    return f"{len(LIMITS)} crashes in sandboxes started nothing, one of the host's own did"


def crash(name: str, before: str) -> str:
    return CRASH.replace("{name!r}", repr(name.encode())).replace("{before}", before)


def lines(path: str) -> list:
    if not os.path.exists(path):
        return []
    with open(path, encoding="ascii") as file:
        return file.read().split()


HUGE = """
import mmap
libc.mmap.restype = ctypes.c_void_p
def mapped(flags, descriptor=-1):
    ctypes.set_errno(0)
    address = libc.mmap(None, ctypes.c_size_t(2 << 20), 3, flags, descriptor, 0)
    if address == ctypes.c_void_p(-1).value: return name_of(ctypes.get_errno())
    ctypes.memset(address, 1, 2 << 20)
    return 'ok'
def of_memory():
    ctypes.set_errno(0)
    descriptor = libc.memfd_create(b'x', 4)
    return name_of(ctypes.get_errno()) if descriptor == -1 else mapped(1, descriptor)
"""


@case("R14", "take the host's huge pages: by mmap, memfd and System V",
      "refused as on a host without huge pages", quick=True)
def huge_pages(bench):
    with changed("vm/nr_hugepages", str(int(setting("vm/nr_hugepages")) + 4)):
        if free_huge_pages() < 4:
            raise NotHere("the host finds no memory for four huge pages")
        rows = {
            "private": ("mapped(0x40022)", ("ENOMEM",)), "shared": ("mapped(0x40021)", ("ENOMEM",)),
            "of 2 MiB": ("mapped(0x40022 | 21 << 26)", ("ENOMEM",)), "memfd": ("of_memory()", ("ENOMEM",)),
            "System V": ("call('shmget', 0, 2 << 20, 0o5600)", ("ENOMEM", "EPERM")),
            "small pages": ("mapped(0x22)", ("ok",)),
            "advice": ("attempt(lambda: mmap.mmap(-1, 4 << 20).madvise(14))", ("ok",)),
        }
        return try_all(bench, rows, HUGE)


def free_huge_pages() -> int:
    with open("/proc/meminfo", encoding="ascii") as file:
        return int(next(line for line in file if line.startswith("HugePages_Free")).split()[1])


ENLARGED = """
import fcntl
def enlarge(descriptor, size): return attempt(lambda: fcntl.fcntl(descriptor, 1031, size))
"""


@case("R15", "enlarge the pipes of the three streams, which count for the server, beyond their 64 KiB",
      "EPERM; up to that size a program may ask for any", quick=True)
def pipes_of_the_server(bench):
    rows = {f"descriptor {number} to {size}": (f"enlarge({number}, {size})", answers)
            for number in range(3)
            for size, answers in ((1 << 20, ("EPERM",)), (65_537, ("EPERM",)), (65_536, ("ok",)))}
    rows["high bits"] = ("call('fcntl', 1, 1031, (1 << 32) + 4096)", ("EPERM",))
    rows["of its own"] = ("enlarge(os.pipe()[1], 65536)", ("ok",))
    return try_all(bench, rows, ENLARGED)


GROUPS = """
def option(family, level, name, value):
    with socket.socket(family, socket.SOCK_DGRAM) as one:
        return attempt(lambda: one.setsockopt(level, name, value))
local, group = socket.inet_aton('127.0.0.1'), socket.inet_aton('232.0.0.9')
group6 = socket.inet_pton(socket.AF_INET6, 'ff02::9:9')
label = socket.inet_pton(socket.AF_INET6, '::1') + struct.pack('!I', 0) + struct.pack('BBHHHI', 0, 1, 1, 6, 6, 0)
"""


@case("R16", "take the host's flow labels, and join groups and lists of sources of IPv4 and IPv6 on loopback",
      "ENOPROTOOPT for flow labels, and ENODEV for the rest, as when no interface is named", quick=True)
def labels_and_groups(bench):
    none = ("ENODEV",)
    rows = {"flow label": ("option(10, 41, 32, label)", ("ENOPROTOOPT",)),
            "IP_ADD_MEMBERSHIP": ("option(2, 0, 35, group + local)", none),
            "IP_ADD_SOURCE_MEMBERSHIP": ("option(2, 0, 39, group + local + local)", none),
            "IP_MSFILTER": ("option(2, 0, 41, group + local + bytes(8))", none),
            "IPV6_ADD_MEMBERSHIP": ("option(10, 41, 20, group6 + struct.pack('I', 1))", none),
            "IPV6_JOIN_ANYCAST": ("option(10, 41, 27, group6 + struct.pack('I', 1))", none)}
    for family, level in ((2, 0), (10, 41)):
        for name, size in (("42", 136), ("46", 264), ("48", 272)):
            rows[f"MCAST {name} of {level}"] = (f"option({family}, {level}, {name}, bytes({size}))", none)
    rows["time to live"] = ("option(2, 0, 33, 1)", ("ok",))
    rows["interface"] = ("option(10, 41, 17, 1)", ("ok",))
    return try_all(bench, rows, GROUPS)


SECRET = """
def first(path):
    with open(path, 'rb') as file: return file.read().decode()
show([attempt(lambda: first({path!r})), {path!r} in [entry.path for entry in os.scandir({folder!r})]])
"""


@case("R17", "read a file of /usr that only the host's root may read, as each user of a sandbox",
      "the ordinary user cannot; the sandbox's root can, as the threat model says, and doctor names the file", quick=True)
def private_file(bench):
    folder = "/usr/local/share"
    if not os.path.isdir(folder):
        raise NotHere(f"no {folder}")
    path = f"{folder}/outpost-hostile-{secrets.token_hex(8)}"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write("for the host's root")
    try:
        expect(stat.S_IMODE(os.stat(path).st_mode) == 0o600, path)
        seen = {user: probe(bench, SECRET.replace("{path!r}", repr(path)).replace("{folder!r}", repr(folder)), user)
                for user in ("sandbox", "root")}
        told = subprocess.run([bench.server.program, "doctor"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=60, check=False).stdout
    finally:
        os.unlink(path)
    expect(seen == {"sandbox": ["EACCES", True], "root": ["ok", True]}, f"{seen}")
    line = next((line for line in told.splitlines() if line.startswith("private files in /usr")), "")
    expect(path in line or "and more" in line, f"doctor says {line!r}")
    return "EACCES for the ordinary user, read by the sandbox's root, named by doctor"
