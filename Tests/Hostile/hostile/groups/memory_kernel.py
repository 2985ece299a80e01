# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group M: memory that the kernel holds for a program, and what stays of it."""

import concurrent.futures
import glob
import os
import threading
import time

from hostile.bench import Stopwatch, ended, out
from hostile.case import HANG_SECONDS, NotHere, case, expect
from hostile.groups.api_wire import resident_bytes
from hostile.oracle import RUNS, cgroup_base, lines, others_only

MIB = 1 << 20

# Ends with a line of errno's name when the kernel refuses more; a kill ends it otherwise.
UNTIL_REFUSED = """
import ctypes, errno, os, socket, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.shmat.restype = ctypes.c_void_p
def checked(value):
    if value in (-1, None, ctypes.c_void_p(-1).value): raise OSError(ctypes.get_errno(), 'refused')
    return value
PART = b'x' * (1 << 20)
held = []
def fill(path):
    file = os.open(path, os.O_WRONLY | os.O_CREAT)
    while True: os.write(file, PART)
def attack():
    %s
try:
    attack()
except OSError as error:
    print(errno.errorcode[error.errno], len(held))
"""

SHARED_MEMORY = {
    "/tmp": "fill('/tmp/x')",
    "/dev/shm": "fill('/dev/shm/x')",
    "memfd": "held.append(os.memfd_create('x'))\n    while True: os.write(held[0], PART)",
    "System V segments": (
        "while True:\n"
        "        held.append(checked(libc.shmget(0, 8 << 20, 0o1600)))\n"
        "        ctypes.memset(checked(libc.shmat(held[-1], None, 0)), 1, 8 << 20)"),
    "System V messages": (
        "message = struct.pack('l', 1) + b'x' * 8000\n"
        "    while True:\n"
        "        held.append(checked(libc.msgget(0, 0o1600)))\n"
        "        checked(libc.msgsnd(held[-1], message, 8000, 0o4000))\n"
        "        checked(libc.msgsnd(held[-1], message, 8000, 0o4000))"),
    "POSIX messages": (
        "attributes = (ctypes.c_long * 8)(0, 10, 1024)\n"
        "    while True:\n"
        "        name = b'/q%d' % len(held)\n"
        "        held.append(checked(libc.mq_open(name, os.O_RDWR | os.O_CREAT, 0o600, attributes)))\n"
        "        for part in range(10): checked(libc.mq_send(held[-1], b'x' * 1024, 1024, 0))"),
}


def shared_memory() -> int:
    """Bytes of tmpfs and shared memory on the host."""
    for line in lines("/proc/meminfo"):
        if line.startswith("Shmem:"):
            return int(line.split()[1]) << 10
    return 0


def wait_until_freed(before: int, slack: int) -> None:
    """Others use the host too, so this waits for the amount to come down rather than demand it at once."""
    deadline = time.monotonic() + HANG_SECONDS
    while shared_memory() > before + slack:
        expect(time.monotonic() < deadline, f"{(shared_memory() - before) >> 20} MiB of shared memory stay")
        time.sleep(0.05)


@case("M04", "fill /tmp, /dev/shm, a memfd, System V segments and messages, POSIX message queues",
      "charged to the run: refused or out_of_memory; free after the run, in a stateful sandbox too")
def fill_shared_memory(bench):
    before = shared_memory()
    seen = {}
    for name, attack in SHARED_MEMORY.items():
        result = bench.python(UNTIL_REFUSED % attack, resource_limits={"memory_mb": 64})
        expect(result["memory_peak_bytes"] <= 64 * MIB, f"{name}: {result['memory_peak_bytes']} bytes")
        outcome = ended(result, "out_of_memory", "succeeded", "disk_full")
        seen[name] = outcome if outcome == "out_of_memory" else out(result).split()[0]
        expect(seen[name] in ("out_of_memory", "ENOSPC", "EMFILE"), f"{name}: {seen[name]}")
    wait_until_freed(before, 32 * MIB)
    sandbox = bench.sandbox(resource_limits={"memory_mb": 64})
    for _ in range(4):
        for name in ("memfd", "System V segments", "System V messages", "POSIX messages"):
            ended(bench.exec(sandbox, UNTIL_REFUSED % SHARED_MEMORY[name]), "out_of_memory", "succeeded")
    wait_until_freed(before, 32 * MIB)
    result = bench.exec(sandbox, "import os\nprint(open('/proc/sysvipc/shm').read().count('\\n') - 1)\n"
                                 "print(open('/proc/sysvipc/msg').read().count('\\n') - 1)")
    ended(result, "succeeded")
    expect(out(result) == "0\n0\n", f"System V objects of an earlier run: {out(result)!r}")
    return ", ".join(f"{name} {outcome}" for name, outcome in seen.items())


@case("M05", "put a sealed memfd into the queue of a Unix socket that contains itself, then die",
      "freed with the run; the kernel's collection of sockets in flight works")
def memfd_in_flight(bench):
    before = shared_memory()
    for _ in range(6):
        result = bench.python(
            "import array, fcntl, os, socket, time\n"
            "left, right = socket.socketpair()\n"
            "fd = os.memfd_create('x', os.MFD_ALLOW_SEALING)\n"
            "for part in range(100): os.write(fd, b'x' * (1 << 20))\n"
            "fcntl.fcntl(fd, 1033, 0xf)\n"
            "descriptors = array.array('i', [fd, left.fileno(), right.fileno()])\n"
            "left.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])\n"
            "right.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)])\n"
            "os.close(fd)\n"
            "if os.fork() == 0:\n"
            "    os.setsid()\n"
            "    time.sleep(600)\n"
            "print('sent')", resource_limits={"memory_mb": 128})
        ended(result, "succeeded")
        expect(out(result) == "sent\n", result)
    # The kernel looks for sockets that only hold each other when another one closes.
    ended(bench.python("import socket\nfor pair in range(50): socket.socketpair()"), "succeeded")
    wait_until_freed(before, 150 * MIB)
    return "600 MiB in flight, all freed"


@case("M07", "lock memory, and ask for huge pages", "locks end at 64 KiB; no huge page of the host's pool", quick=True)
def locked_and_huge(bench):
    result = bench.python("""
import ctypes, errno, mmap
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.mlock.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
SIZE = 16 << 20
def verdict(name, value):
    failed = value in (-1, ctypes.c_void_p(-1).value)
    print(name, errno.errorcode[ctypes.get_errno()] if failed else 'done')
plain = libc.mmap(None, SIZE, 3, 0x22, -1, 0)
verdict('small', libc.mlock(plain, 32 << 10))
verdict('mlock', libc.mlock(plain, SIZE))
verdict('mlockall', libc.mlockall(7))
verdict('MAP_LOCKED', libc.mmap(None, SIZE, 3, 0x2022, -1, 0))
verdict('MAP_HUGETLB', libc.mmap(None, SIZE, 3, 0x40022, -1, 0))
verdict('memfd', libc.memfd_create(b'x', 4))
verdict('advice', libc.madvise(plain, SIZE, 14))
""", resource_limits={"memory_mb": 64})
    ended(result, "succeeded")
    seen = dict(line.split() for line in out(result).splitlines())
    expect(seen["small"] == "done", seen)
    for name in ("mlock", "mlockall"):
        expect(seen[name] in ("ENOMEM", "EPERM"), seen)
    expect(seen["MAP_LOCKED"] in ("EAGAIN", "ENOMEM", "EPERM"), seen)
    expect(seen["MAP_HUGETLB"] in ("ENOMEM", "EPERM", "EINVAL"), seen)
    touched = bench.python(
        "import mmap\nm = mmap.mmap(-1, 256 << 20)\nm.madvise(14)\nfor at in range(0, len(m), 2 << 20): m[at] = 1",
        resource_limits={"memory_mb": 64})
    expect(touched["memory_peak_bytes"] <= 64 * MIB, touched["memory_peak_bytes"])
    ended(touched, "out_of_memory", "succeeded")
    return ", ".join(f"{name} {verdict}" for name, verdict in seen.items())


HOGS = {
    "pipes at 1 MiB": (
        "while True:\n"
        "        held.extend(os.pipe())\n"
        "        import fcntl; os.set_blocking(held[-1], False)\n"
        "        try: fcntl.fcntl(held[-1], 1031, 1 << 20)\n"
        "        except PermissionError: pass\n"
        "        try:\n"
        "            while True: os.write(held[-1], PART)\n"
        "        except BlockingIOError: pass"),
    "Unix sockets": (
        "while True:\n"
        "        pair = socket.socketpair(); held.extend(pair)\n"
        "        pair[0].setblocking(False); pair[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 30)\n"
        "        try:\n"
        "            while True: pair[0].send(PART[:65536])\n"
        "        except BlockingIOError: pass"),
    "TCP sockets": (
        "listener = socket.create_server(('127.0.0.1', 0), backlog=4096)\n"
        "    while True:\n"
        "        one = socket.create_connection(listener.getsockname()); held.append(one)\n"
        "        held.append(listener.accept()[0])\n"
        "        one.setblocking(False); one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 30)\n"
        "        try:\n"
        "            while True: one.send(PART)\n"
        "        except BlockingIOError: pass"),
    "epoll sets": (
        "import select\n"
        "    event = os.eventfd(0)\n"
        "    while True:\n"
        "        held.append(select.epoll()); held[-1].register(event)"),
    "inotify watches": (
        "while True:\n"
        "        held.append(checked(libc.inotify_init()))\n"
        "        for name in os.listdir('/usr/bin'):\n"
        "            path = '/usr/bin/' + name\n"
        "            if os.path.exists(path): checked(libc.inotify_add_watch(held[-1], path.encode(), 0xfff))"),
    "pseudo-terminals": "while True: held.extend(os.openpty())",
    "extended attributes": (
        "while True:\n"
        "        held.append(0); open('/tmp/%d' % len(held), 'w').close()\n"
        "        for part in range(16): os.setxattr('/tmp/%d' % len(held), 'user.%d' % part, PART[:65536])"),
    "file locks": (
        "import fcntl\n"
        "    file = open('/tmp/x', 'w')\n"
        "    while True:\n"
        "        fcntl.lockf(file, fcntl.LOCK_EX, 1, 2 * len(held)); held.append(0)"),
}

MISSING_NAMES = r"""
#include <stdio.h>
#include <sys/stat.h>
int main(void) {
    char path[64];
    struct stat status;
    for (long i = 0; i < 10000000; i++) {
        sprintf(path, "/usr/lib/missing-%ld", i);
        stat(path, &status);
    }
    puts("done");
}
"""


@case("M08", "use up kernel memory: pipes, sockets, epoll, inotify, ptys, xattrs, locks, look-ups of missing names",
      "limited by descriptors and the run's memory; the neighbour is not slowed", loads_host=True)
def kernel_hogs(bench):
    seen = {}
    for name, attack in HOGS.items():
        watch = Stopwatch()
        result = bench.python(UNTIL_REFUSED % attack, resource_limits={"memory_mb": 64, "timeout_ms": 4000})
        watch.within(4)
        # What is to be freed at its end is freed at the run's expense.
        expect(result["cpu_time_ms"] <= 4750, f"{name}: used {result['cpu_time_ms'] / 1000:.2f} s of processor, limit 4 s")
        expect(result["memory_peak_bytes"] <= 64 * MIB, f"{name}: {result['memory_peak_bytes']} bytes")
        outcome = ended(result, "out_of_memory", "succeeded", "timed_out", "disk_full")
        seen[name] = out(result).split()[0] if outcome == "succeeded" else outcome
    watch = Stopwatch()
    result = bench.bash("gcc -O1 -o stat stat.c && ./stat", files=[{"path": "stat.c", "content": MISSING_NAMES}],
                        resource_limits={"memory_mb": 256, "timeout_ms": 6000})
    watch.within(6)
    expect(result["memory_peak_bytes"] <= 256 * MIB, result["memory_peak_bytes"])
    seen["missing names"] = ended(result, "succeeded", "timed_out", "out_of_memory")
    return ", ".join(f"{name} {outcome}" for name, outcome in seen.items())


@case("M09", "make the kernel swap memory out", "the run's cgroup allows no swap")
def no_swap(bench):
    base = cgroup_base(bench.server.data)
    unified = glob.glob(f"/sys/fs/cgroup/{base}/memory.max")
    found = {}

    def look():
        pattern = f"/sys/fs/cgroup/{base}/{RUNS}" if unified else f"/sys/fs/cgroup/memory/{base}/{RUNS}"
        deadline = time.monotonic() + HANG_SECONDS
        while not found and time.monotonic() < deadline:
            for group in others_only(glob.glob(pattern)):
                for name in ("memory.swap.max", "memory.limit_in_bytes", "memory.memsw.limit_in_bytes"):
                    text = "".join(lines(os.path.join(group, name)))
                    if text:
                        found[name] = int(text)
            time.sleep(0.05)

    observer = threading.Thread(target=look)
    observer.start()
    result = bench.python("import time\nx = b'x' * (40 << 20)\ntime.sleep(1)\nprint('held')",
                          resource_limits={"memory_mb": 64})
    observer.join()
    ended(result, "succeeded")
    if not found:
        raise NotHere("no limit of the run's cgroup can be read")
    if "memory.swap.max" in found:
        expect(found["memory.swap.max"] == 0, found)
        return "memory.swap.max is 0"
    if "memory.memsw.limit_in_bytes" not in found:
        raise NotHere("the kernel does not count swap")
    expect(found["memory.limit_in_bytes"] == found["memory.memsw.limit_in_bytes"] == 64 * MIB, found)
    return "memory and swap together are limited to memory_mb"


@case("M12", "delay a reader of a page: userfaultfd, FUSE, and mappings of files that shrink", "refused", quick=True)
def stalling_pages(bench):
    result = bench.python("""
import ctypes, errno, os
libc = ctypes.CDLL(None, use_errno=True)
def verdict(name, value):
    print(name, errno.errorcode[ctypes.get_errno()] if value == -1 else 'done')
verdict('userfaultfd', libc.syscall(323, 0))
verdict('userfaultfd-user-mode', libc.syscall(323, 1))
verdict('mount-fuse', libc.mount(b'x', b'/tmp', b'fuse', 0, b'fd=3,rootmode=40000,user_id=0,group_id=0'))
verdict('fsopen-fuse', libc.syscall(430, b'fuse', 0))
for path in ('/dev/fuse', '/dev/userfaultfd', '/dev/cuse'):
    try: os.open(path, os.O_RDWR); print(path, 'done')
    except OSError as error: print(path, errno.errorcode[error.errno])
""")
    ended(result, "succeeded")
    seen = dict(line.split() for line in out(result).splitlines())
    expect(len(seen) == 7 and "done" not in seen.values(), seen)
    return ", ".join(f"{name} {verdict}" for name, verdict in seen.items())


def memory_cgroups() -> int:
    """Memory cgroups of the host, those counted too that were removed and still hold pages."""
    for line in lines("/proc/cgroups"):
        if line.startswith("memory\t"):
            return int(line.split()[2])
    return 0


@case("M13", "run out of memory 500 times",
      "each is out_of_memory; neither the number of dying cgroups nor the server's memory grows")
def again_and_again(bench):
    def attack(_):
        result = bench.python("x = b'x' * (64 << 20)", resource_limits={"memory_mb": 16})
        return ended(result, "out_of_memory")

    with concurrent.futures.ThreadPoolExecutor(4) as clients:
        # The first ones bring the server to its working size.
        list(clients.map(attack, range(100)))
        groups, memory = memory_cgroups(), resident_bytes(bench.server)
        list(clients.map(attack, range(400)))
    grown = resident_bytes(bench.server) - memory
    expect(grown < 8 * MIB, f"the server grew by {grown} bytes in 400 runs")
    deadline = time.monotonic() + HANG_SECONDS
    while memory_cgroups() > groups + 40:
        expect(time.monotonic() < deadline, f"{memory_cgroups() - groups} more memory cgroups than before 400 runs")
        time.sleep(0.1)
    return f"500 times out_of_memory; the server grew by {max(grown, 0) >> 10} KiB"
