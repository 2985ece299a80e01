# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group R: what the kernel has once for the whole host, or counts for a user, and no cgroup bounds."""

import contextlib
import ctypes
import mmap
import os
import resource

from hostile.case import case, expect
from hostile.groups.kernel_calls import try_all
from hostile.groups.leaks_shared import large_file
from hostile.held import holding, release, start_holding
from hostile.probe import need_x86_64, probe, program, report

LIBC = ctypes.CDLL(None, use_errno=True)
FILTERS = """
def option(level, name, value):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        return attempt(lambda: one.setsockopt(level, name, value))
# All is let through, and all is written to the log.
code = ctypes.create_string_buffer(struct.pack('HBBI', 6, 0, 0, 0x7fff0000))
log = ctypes.create_string_buffer(struct.pack('HBBI', 6, 0, 0, 0x7ffc0000))
description = struct.pack('HxxxxxxQ', 1, ctypes.addressof(code))
logging = struct.pack('HxxxxxxQ', 1, ctypes.addressof(log))
libc.prctl(38, 1, 0, 0, 0)
def control(*arguments):
    ctypes.set_errno(0)
    return 'ok' if libc.prctl(*arguments) != -1 else name_of(ctypes.get_errno())
"""


@case("R01", "use up the host's machine code for filters: on sockets of three kinds, by seccomp and prctl, with a log of each call, with a listener",
      "refused as by a kernel without filters; no run lacks memory for them", quick=True)
def filters(bench):
    none = ("ENOPROTOOPT",)
    rows = {f"SO_ATTACH {number}": (f"option(1, {number}, description)", none) for number in (26, 50, 51, 52)}
    rows |= {
        "TCP_ULP": ("attempt(lambda: socket.socket().setsockopt(6, 31, b'tls'))", none),
        "seccomp": ("call('seccomp', 1, 0, description)", ("EINVAL",)),
        "seccomp, logged": ("call('seccomp', 1, 2, logging)", ("EINVAL",)),
        "seccomp, for all threads": ("call('seccomp', 1, 1, description)", ("EINVAL",)),
        "seccomp, with a listener": ("call('seccomp', 1, 8, description)", ("EINVAL",)),
        "seccomp, high bits": ("call('seccomp', 1 + (1 << 32), 0, description)", ("EINVAL",)),
        "prctl": ("control(22, 2, description, 0, 0)", ("EINVAL",)),
        "what there is": ("call('seccomp', 2, 0, struct.pack('I', 0x50000))", ("ok",)),
    }
    return try_all(bench, rows, FILTERS)


INOTIFY = """
def take():
    taken = 0
    while taken < 300 and libc.inotify_init1(0) != -1: taken += 1
    return taken
"""


@case("R02", "take every inotify instance that one can get, in three sandboxes at once",
      "each gets its own; another sandbox and the host's root have as many as before", quick=True)
def inotify_instances(bench):
    held = []
    with holding(bench, INOTIFY, held), holding(bench, INOTIFY, held), holding(bench, INOTIFY, held):
        own = [LIBC.inotify_init1(0) for _ in range(8)]
        for descriptor in own:
            if descriptor >= 0:
                os.close(descriptor)
        other = probe(bench, INOTIFY + "show(take())")
    expect(min(own) >= 0, f"the host's root got {sum(number >= 0 for number in own)} of 8")
    expect(held == [128] * 3 and other == 128, f"instances: {held}, beside them {other}")
    return f"128 in each of {len(held)}, 128 in another one beside them, and the host's root had its own"


QUEUED = """
class Attributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_long) for name in ('flags', 'most', 'size', 'current', 'a', 'b', 'c', 'd')]
def queues():
    taken = 0
    while taken < 300 and libc.mq_open(f'/{taken}'.encode(), os.O_CREAT | os.O_RDWR, 0o600,
                                       ctypes.byref(Attributes(0, 1, 4096))) != -1: taken += 1
    return taken
def timers():
    taken, timer = 0, ctypes.c_int()
    event = struct.pack('QiiQQQQQ', 0, 10, 0, 0, 0, 0, 0, 0)
    while taken < 6000 and raw(222, 1, event, ctypes.byref(timer)) != -1: taken += 1
    return taken
def take():
    return [queues(), timers()]
"""


@case("R03", "take every POSIX message queue and every timer that one can get, in two sandboxes at once",
      "each gets its own; nothing counts for the host's root, nor for another fork of the same interpreter", quick=True)
def queues_and_timers(bench):
    need_x86_64()
    held = []
    before = queued_signals()
    with holding(bench, QUEUED, held), holding(bench, QUEUED, held):
        during = queued_signals()
        queue = queue_of_the_host()
        other = probe(bench, QUEUED + "show(take())")
    expect(during <= before + 100, f"{during - before} queued signals of the sandboxes are counted to the host's root")
    expect(queue, "the sandboxes' message queues are counted to the host's root")
    wanted = held[0]
    # RLIMIT_MSGQUEUE is 819,200 bytes for each user of a sandbox, or 98,304 where copies have little together.
    expect(8 <= wanted[0] <= 200 and wanted[1] >= 4000, f"a sandbox of its own gets {wanted}")
    expect(held[1] == wanted and other == wanted, f"the first got {wanted}, the others {held[1]} and {other}")
    return f"{wanted[0]} queues and {wanted[1]} timers in each of three; none counted to the host's root"


def queued_signals() -> int:
    """What the kernel counts to this user, of all processes (proc_pid_status(5), SigQ)."""
    with open("/proc/self/status", encoding="ascii") as file:
        return int(next(line for line in file if line.startswith("SigQ")).split()[1].split("/")[0])


def queue_of_the_host() -> bool:
    """Whether this user can have one queue more, with hardly more allowed than that one takes."""
    name = f"/outpost-hostile-{os.getpid()}".encode()
    attributes = (ctypes.c_long * 8)(0, 10, 4096)
    limits = resource.getrlimit(resource.RLIMIT_MSGQUEUE)
    resource.setrlimit(resource.RLIMIT_MSGQUEUE, (64_000, limits[1]))
    try:
        descriptor = LIBC.mq_open(name, os.O_CREAT | os.O_RDWR | os.O_EXCL, 0o600, attributes)
        if descriptor >= 0:
            os.close(descriptor)
            LIBC.mq_unlink(name)
        return descriptor >= 0
    finally:
        resource.setrlimit(resource.RLIMIT_MSGQUEUE, limits)


# Fills the buffers of pairs of connections, until it has 160 MiB or none takes a byte more.
SOCKETS = """
MOST = 160 << 20
kept = []
def tcp():
    listener = socket.create_server(('127.0.0.1', 0), backlog=64)
    while True:
        one = socket.create_connection(listener.getsockname())
        kept.extend((one, listener.accept()[0]))
        one.setblocking(False)
        yield lambda: one.send(bytes(65536))
def udp():
    while True:
        target = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        target.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 30)
        target.bind(('127.0.0.1', 0))
        source = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        source.setblocking(False)
        kept.extend((target, source))
        size = target.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        left = [max(1, size // 40_000)]
        def send():
            if left[0] == 0: raise BlockingIOError
            left[0] -= 1
            return source.sendto(bytes(30_000), target.getsockname())
        yield send
def fill(kind):
    sent = count = 0
    for send in kind():
        count += 1
        try:
            while sent < MOST: sent += send()
        except (BlockingIOError, OSError): pass
        if sent >= MOST or count >= 600: return sent
def take():
    return fill({kind})
"""


def socket_mebibytes() -> dict:
    """What the kernel has in buffers of sockets, of the whole host, by protocol."""
    with open("/proc/net/sockstat", encoding="ascii") as file:
        words = {line.split()[0][:-1]: line.split()[1:] for line in file}
    return {kind: int(words[kind][words[kind].index("mem") + 1]) * mmap.PAGESIZE / 2**20 for kind in ("TCP", "UDP")}


@case("R04", "fill the buffers of TCP and UDP sockets with 160 MiB, with a limit of 64 MiB",
      "the buffers stay near the limit, on version 1 too", quick=True)
def socket_buffers(bench):
    seen = []
    for kind in ("tcp", "udp"):
        before = socket_mebibytes()[kind.upper()]
        # It may end as out of memory, which is a bound as well.
        running, pids = start_holding(bench, SOCKETS.replace("{kind}", kind), resource_limits={"memory_mb": 64})
        most = socket_mebibytes()[kind.upper()] - before
        status = release(running, pids)["status"]
        expect(most <= 64, f"{kind}: {most:.0f} MiB in buffers of a run of 64 MiB")
        seen.append(f"{kind} {most:.0f} MiB, {status}")
    return ", ".join(seen)


EVICT = """
import mmap
path = {path!r}
answers = []
with open(path, 'rb') as file:
    size = os.fstat(file.fileno()).st_size
    answers.append(attempt(lambda: os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)))
    libc.mmap.restype = ctypes.c_void_p
    for sharing in (1, 2):
        address = libc.mmap(None, ctypes.c_size_t(size), 1, sharing, file.fileno(), 0)
        ctypes.string_at(address, size)
        for advice in (21, 20, 4):
            answers.append('ok' if libc.madvise(ctypes.c_void_p(address), ctypes.c_size_t(size), advice) == 0
                           else name_of(ctypes.get_errno()))
        libc.munmap(ctypes.c_void_p(address), ctypes.c_size_t(size))
    answers.append(attempt(lambda: os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)))
show(answers)
"""


def resident_pages(path: str) -> int:
    """How many pages of a file are in the host's memory; its owner may ask."""
    size = os.path.getsize(path)
    LIBC.mmap.restype = ctypes.c_void_p
    with open(path, "rb") as file:
        address = LIBC.mmap(None, ctypes.c_size_t(size), 1, 1, file.fileno(), 0)
    pages = (size + mmap.PAGESIZE - 1) // mmap.PAGESIZE
    states = ctypes.create_string_buffer(pages)
    LIBC.mincore(ctypes.c_void_p(address), ctypes.c_size_t(size), states)
    LIBC.munmap(ctypes.c_void_p(address), ctypes.c_size_t(size))
    return sum(state & 1 for state in states.raw)


@case("R05", "drop a shared file of /usr from the host's memory: advice about the file and about mappings, as each user",
      "it stays in memory", quick=True)
def page_cache(bench):
    path = large_file()
    for user in ("sandbox", "root"):
        with open(path, "rb") as file:
            file.read()
        before = resident_pages(path)
        answers = probe(bench, EVICT.replace("{path!r}", repr(path)), user)
        after = resident_pages(path)
        expect(after == before, f"as {user}: {before} pages were in memory, {after} are left; answers {answers}")
    return f"{before} pages before and after, as each user"


COUNTERS = """
import fcntl
def option(number):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as one:
        return attempt(lambda: one.getsockopt(1, number, 8))
def request(path, number):
    file = os.open(path, os.O_RDONLY)
    try: return attempt(lambda: fcntl.ioctl(file, number, bytes(64)))
    finally: os.close(file)
def pidfd(number):
    file = os.pidfd_open(os.getpid())
    try: return attempt(lambda: fcntl.ioctl(file, number, bytes(64)))
    finally: os.close(file)
def statx(mask):
    return call_number(332, -100, b'/', 0, mask, ctypes.create_string_buffer(256))
def call_number(number, *arguments):
    return 'ok' if raw(number, *arguments) != -1 else name_of(ctypes.get_errno())
"""


@case("R06", "read counters of the whole host: cookies of sockets, ids of namespaces, mounts and cgroups",
      "no such request; the C library uses an older one", quick=True)
def counters_of_the_host(bench):
    rows = {f"SO {number}": (f"option({number})", ("ENOPROTOOPT",)) for number in (57, 71, 77)}
    spaces = {"mnt": 0x8008B705, "net": 0x8008B70D, "user": 0xB701, "pid": 0xB702}
    rows |= {f"nsfs {name}": (f"request('/proc/self/ns/{name}', {number})", ("ENOTTY",))
             for name, number in spaces.items()}
    rows["pidfd"] = ("pidfd(0xc040ff0b)", ("ENOTTY",))
    rows["statx unique mount id"] = ("statx(0x4000)", ("ENOSYS",))
    rows["statx"] = ("statx(0xfff)", ("ok",))
    rows["statmount"] = ("call('statmount', 0, 0, 0, 0)", ("ENOSYS",))
    rows["stat by the C library"] = ("attempt(lambda: os.stat('/'))", ("ok",))
    return try_all(bench, rows, COUNTERS)


LOADED = """
import fcntl
def make(family, kind, protocol): return call_number(41, family, kind, protocol)
def pair(family, kind, protocol): return call_number(53, family, kind, protocol, ctypes.create_string_buffer(8))
def call_number(number, *arguments):
    return 'ok' if raw(number, *arguments) != -1 else name_of(ctypes.get_errno())
def interface(number):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        return attempt(lambda: fcntl.ioctl(one, number, b'lo'.ljust(64, bytes(1))))
"""


@case("R07", "make the kernel load modules: 262 protocols of two families as each type, unknown types, requests for bridges and VLANs",
      "refused before the kernel looks; ordinary sockets and requests work", quick=True)
def modules(bench):
    refused = ("EPROTONOSUPPORT", "ESOCKTNOSUPPORT", "EPERM")
    rows = {}
    for family, ping in ((2, 1), (10, 58)):
        known = {1: (0, 6), 2: (0, 17, ping)}
        for kind in (1, 2):
            listed = [number for number in range(263) if number not in known[kind]]
            rows[f"family {family} type {kind}"] = (
                f"' '.join(sorted({{make({family}, {kind}, number) for number in {listed}}}))", ("EPROTONOSUPPORT",))
            rows[f"pairs of family {family} type {kind}"] = (
                f"' '.join(sorted({{pair({family}, {kind}, number) for number in {listed}}}))", ("EPROTONOSUPPORT",))
            rows[f"known {family} {kind}"] = (f"make({family}, {kind}, 0)", ("ok",))
            rows[f"by name {family} {kind}"] = (f"make({family}, {kind}, {known[kind][1]})", ("ok",))
        for kind in (0, 3, 4, 5, 6, 7, 10, 15):
            rows[f"family {family} type {kind}"] = (f"make({family}, {kind}, 0)", refused)
        rows[f"high bits {family}"] = (f"make({family}, 1, 132 + (1 << 32))", refused)
    for number in (0x8940, 0x8941, 0x8980, 0x8982, 0x8983, 0x89A0, 0x894C, 0x89F0):
        rows[f"request {number:#x}"] = (f"interface({number})", ("ENOTTY",))
    for number in (0x8913, 0x8915, 0x8921, 0x8933):
        rows[f"request {number:#x}"] = (f"interface({number})", ("ok",))
    return try_all(bench, rows, LOADED)


@case("R08", "share pages and cores on request: KSM by prctl and by advice, cookies of the scheduler; take leases and notices of shared files",
      "refused", quick=True)
def shared_by_wish(bench):
    before = """
import mmap
page = mmap.mmap(-1, 4096)
address = ctypes.addressof(ctypes.c_char.from_buffer(page))
def advise(number):
    return 'ok' if raw(28, address, 4096, number) != -1 else name_of(ctypes.get_errno())
def control(*arguments):
    ctypes.set_errno(0)
    return 'ok' if libc.prctl(*arguments) != -1 else name_of(ctypes.get_errno())
"""
    refused = ("EINVAL",)
    return try_all(bench, {
        "MADV_MERGEABLE": ("advise(12)", refused), "MADV_COLD": ("advise(20)", refused),
        "MADV_PAGEOUT": ("advise(21)", refused), "MADV_DONTNEED": ("advise(4)", ("ok",)),
        "PR_SET_MEMORY_MERGE": ("control(67, 1, 0, 0, 0)", refused),
        "PR_SCHED_CORE": ("control(62, 1, 0, 0, 0)", refused),
        "F_SETDELEG": ("call('fcntl', os.open('/usr/lib', os.O_RDONLY), 1040, 0)", ("EPERM",)),
        "F_SETLEASE": ("call('fcntl', os.open('/usr/lib/os-release', os.O_RDONLY), 1024, 0)", ("EPERM",)),
        "F_NOTIFY": ("call('fcntl', os.open('/usr/lib', os.O_RDONLY), 1026, 1)", ("EPERM",)),
    }, before)


WAITING = """
def refused_requests():
    # An answer to each is kept, with the request in it, until the socket's buffer is full.
    one = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    kept.append(one)
    return one, lambda: one.send(struct.pack('IHHII', 32768, 9999, 5, 0, 0) + bytes(32752))
def time_stamps():
    # A copy of each packet comes back with the time at which it was sent.
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    kept.append(one)
    one.setsockopt(socket.SOL_SOCKET, 37, 1 << 1 | 1 << 4)
    return one, lambda: one.sendto(bytes(30_000), target.getsockname())
target = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
target.bind(('127.0.0.1', 0))
kept = []
def take():
    sizes = []
    for kind in (refused_requests, time_stamps):
        for _ in range(40):
            one, send = kind()
            one.setblocking(False)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 30)
            try:
                for _ in range(400): send()
            except OSError: pass
        sizes.append(one.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF))
    return sizes
"""


@case("R09", "let answers and time stamps wait in 40 netlink and 40 UDP sockets, with the largest receive buffers that they get",
      "charged to nobody, so no more for each socket than the host's default", quick=True)
def waiting_answers(bench):
    held = []
    with open("/proc/sys/net/core/rmem_default", encoding="ascii") as file:
        default = int(file.read())
    with holding(bench, WAITING, held):
        pass
    expect(held == [[default] * 2], f"receive buffers of {held}, the default is {default}")
    return f"{default} bytes each"


TERMINALS = """
ends = []
def take():
    try:
        while True:
            leader, follower = os.openpty()
            ends.extend([leader, follower])
            for end in leader, follower:
                os.set_blocking(end, False)
                try:
                    while True: os.write(end, bytes(4096))
                except BlockingIOError: pass
    except OSError as error:
        return [len(ends) // 2, name_of(error.errno)]
"""


@case("R18", "take every pseudo-terminal in four sandboxes, and fill them with text that nobody reads",
      "64 for each sandbox; neighbour and host have theirs", quick=True)
def terminals(bench):
    held = []
    with contextlib.ExitStack() as stack:
        for _ in range(4):
            stack.enter_context(holding(bench, TERMINALS, held))
        for end in os.openpty():
            os.close(end)
        neighbour = report(bench.python(program("show(os.ttyname(os.openpty()[1]))")))
    expect(held == [[64, "ENOSPC"]] * 4, held)
    expect(neighbour == "/dev/pts/0", neighbour)
    return "64 in each of 4 sandboxes; a fifth and the host got one"


# A trigger for 1 s of stall in a window of 2 s, which the kernel also takes from a user without a privilege
# (accounting/psi.rst).
PRESSURE = """
import glob
def trigger(path):
    def write():
        with open(path, 'r+b', 0) as file: file.write(b'some 1000000 2000000')
    return attempt(write)
"""


@case("R20", "write triggers of pressure stall information, each of which outlives a kill for a grace period of the kernel",
      "no file takes one, for either user", quick=True)
def pressure_triggers(bench):
    refused = ("EROFS", "EACCES", "ENOENT", "EOPNOTSUPP")
    names = [f"{place}/{name}" for place in ("/proc/pressure", "/proc/self/root/proc/pressure", "/proc/1/root/proc/pressure")
             for name in ("cpu", "io", "memory", "irq")]
    names += [f"/sys/fs/cgroup/{name}.pressure" for name in ("cpu", "io", "memory", "irq")]
    rows = {name: (f"trigger({name!r})", refused) for name in names}
    rows |= {
        "all other files of this kind": ("' '.join(path for path in glob.glob('/sys/fs/cgroup/**/*pressure', recursive=True)"
                                         " if trigger(path) == 'ok') or 'none'", ("none",)),
        "make them writable": ("attempt(lambda: os.chmod('/proc/pressure/cpu', 0o666))", ("EROFS", "EPERM", "ENOENT")),
        "unmount the cover": ("call('umount2', b'/proc/pressure', 2)", ("EPERM",)),
    }
    return try_all(bench, rows, PRESSURE)
