# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group L: what one sandbox can measure of another, and ways for two to talk that are no network."""

import os
import signal

from hostile.bench import ended
from hostile.case import NotHere, case, expect
from hostile.held import holding
from hostile.host import Background, in_runs, wait_for
from hostile.probe import need_x86_64, probe, program, report

# What the threat model says of: facts and counters of the whole host, which tell that something runs and not what.
DOCUMENTED = ("/proc/meminfo", "/proc/loadavg", "/proc/cpuinfo", "/proc/stat", "/proc/uptime", "/proc/vmstat",
              "/proc/zoneinfo",
              "/proc/buddyinfo", "/proc/pressure/", "/proc/diskstats", "/proc/swaps", "/proc/sys/",
              "/proc/partitions", "/proc/cgroups", "/proc/misc", "/proc/devices", "/proc/filesystems", "/proc/crypto",
              "/proc/consoles", "/proc/bus/pci", "/proc/net/protocols", "/proc/net/sockstat", "/proc/net/softnet_stat",
              "/proc/net/stat/rt_cache")

SAMPLE = """
import itertools
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
def sample():
    found = {}
    # /proc/net is a link, and would not be walked.
    for top, folders, names in itertools.chain(os.walk('/proc'), os.walk('/proc/net/')):
        folders[:] = [name for name in folders if not name.isdigit() and name not in ('self', 'thread-self')]
        for name in names:
            path = os.path.join(top, name)
            try: descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            except OSError: continue
            try: found[path] = os.read(descriptor, 1 << 18)
            except OSError: pass
            os.close(descriptor)
    return found
def child():
    pid = os.fork()
    if pid == 0: os._exit(0)
    os.waitpid(pid, 0)
    return pid
def inode():
    name = f'/tmp/{time.monotonic_ns()}'
    open(name, 'w').close()
    return os.stat(name).st_ino
def port():
    with socket.create_server(('127.0.0.1', 0)) as one: return one.getsockname()[1]
first = sample()
numbers = [child(), inode()]
open('/dev/shm/ready', 'w').close()
signal.sigwait([signal.SIGUSR1])
numbers += [child(), inode()]
second = sample()
show([sorted(path for path in second if first.get(path) != second[path]), numbers])
"""


def beside(bench, code: str, **fields):
    """Starts `code` in a run of its own; returns its call and its processes once it has made /dev/shm/ready."""
    running = Background(bench.python, program(code), **fields)
    pids = []

    def find() -> bool:
        pids[:] = [pid for pid in in_runs(bench.server) if os.path.exists(f"/proc/{pid}/root/dev/shm/ready")]
        return bool(pids) or running.is_over()

    wait_for(find, "the run does not come")
    expect(pids, f"the run has ended: {running.value}")
    return running, pids


CONNECTED = """
kept = []
def take():
    listener = socket.create_server(('127.0.0.1', 0), backlog=64)
    for _ in range(40):
        kept.append(socket.create_connection(listener.getsockname()))
        kept.append(listener.accept()[0])
        kept[-2].send(bytes(60_000))
    return len(kept) // 2
"""


@case("L09", "observe in /proc, by numbers of processes and files, and by locks, that another sandbox starts, ends and has connections",
      "only what the threat model lists changes", quick=True)
def counters(bench):
    running, pids = beside(bench, SAMPLE)
    for _ in range(5):
        ended(bench.python("import fcntl, os\nfile = open('/tmp/x', 'w')\nfcntl.flock(file, fcntl.LOCK_EX)\n"
                           "[os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0) for _ in range(20)]"),
                           "succeeded")
    held = []
    # While the first looks again, another one has connections open, with data on their way.
    with holding(bench, CONNECTED, held):
        for pid in pids:
            os.kill(pid, signal.SIGUSR1)
        changed, numbers = report(running.result())
    expect(held == [40], f"connections of the other one: {held}")
    unlisted = [path for path in changed if not path.startswith(DOCUMENTED)]
    expect(not unlisted, f"not in the threat model: {unlisted}")
    expect(numbers[2] == numbers[0] + 1, f"numbers of processes jump: {numbers}")
    return f"changed meanwhile: {', '.join(changed)}; pids are the sandbox's own"


# The device numbers of file systems without a disk, of loop devices, and of disks; how many told of a file system, and what
# the others answered.
EVERY_FILE_SYSTEM = """
told, answers = 0, set()
for major in (0, 7, 8, 253, 254, 259):
    for minor in range(1024):
        answer = call('ustat', major << 8 | minor & 0xff | minor >> 8 << 20, ctypes.create_string_buffer(64))
        told += answer == 'ok'
        answers.add(answer)
show([told, sorted(answers)])
"""


@case("L16", "ask by the number of its device for the free blocks and inodes of every file system that the host has mounted, "
      "a neighbour's disk and /tmp among them", "ENOSYS, for each user and preset", quick=True)
def file_systems(bench):
    need_x86_64()
    ways = [("sandbox", {}), ("root", {}), ("sandbox", {"preset": "strict"}), ("root", {"preset": "debug"})]
    for user, more in ways:
        told, answers = report(bench.python(program(EVERY_FILE_SYSTEM), security={"user": user, **more}))
        expect(told == 0 and answers == ["ENOSYS"], f"as {user} {more}: told of {told} file systems, answered {answers}")
    return f"ENOSYS, {len(ways)} ways"


# `resident(path)`: how many of a file's pages are in memory, by mincore and by reading without waiting.
RESIDENCY = """
import mmap
def by_mincore(path):
    with open(path, 'rb') as file:
        size = os.fstat(file.fileno()).st_size
        libc.mmap.restype = ctypes.c_void_p
        address = libc.mmap(None, ctypes.c_size_t(size), 1, 2, file.fileno(), 0)
        pages = (size + 4095) // 4096
        states = ctypes.create_string_buffer(pages)
        if raw(NUMBERS['mincore'], address, size, states) == -1: return -1
        return sum(state & 1 for state in states.raw[:pages])
def by_read(path):
    with open(path, 'rb') as file:
        count, position = 0, 0
        size = os.fstat(file.fileno()).st_size
        while position < size:
            try:
                if os.preadv(file.fileno(), [bytearray(1)], position, os.RWF_NOWAIT): count += 1
            except BlockingIOError: pass
            except OSError as error: return name_of(error.errno)
            position += 4096
        return count
"""


@case("L10", "ask with mincore, and with reads that do not wait, which pages of a shared file are in memory",
      "mincore reveals nothing to an ordinary user; the rest is a residual risk", quick=True)
def residency(bench):
    need_x86_64()
    path = large_file()
    drop(path)
    cold = probe(bench, RESIDENCY + f"show(by_mincore({path!r}))")
    cold_root = probe(bench, RESIDENCY + f"show(by_mincore({path!r}))", "root")
    drop(path)
    cold_read = probe(bench, RESIDENCY + f"show(by_read({path!r}))")
    with open(path, "rb") as file:
        file.read()
    warm = probe(bench, RESIDENCY + f"show(by_mincore({path!r}))")
    warm_read = probe(bench, RESIDENCY + f"show(by_read({path!r}))")
    pages = (os.path.getsize(path) + 4095) // 4096
    expect(cold in (-1, warm), f"mincore tells {cold} of {pages} pages cold and {warm} warm")
    return (f"{pages} pages: mincore says {cold} cold, {warm} warm, to root {cold_root} cold; "
            f"reads that do not wait {cold_read} cold, {warm_read} warm (residual)")


def large_file() -> str:
    """A file below /usr that nobody reads all the time, and that can be put out of memory."""
    candidates = [path for path in ("/usr/lib/python3.11/pydoc_data/topics.py", "/usr/lib/python3.11/turtle.py",
                                    "/usr/share/common-licenses/GPL-3") if os.path.isfile(path)]
    if not candidates:
        raise NotHere("no file to ask about")
    return candidates[0]


def drop(path: str) -> None:
    """Puts a file out of memory."""
    with open(path, "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


LISTEN = """
import fcntl, mmap
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
def shared_word(path):
    libc.mmap.restype = ctypes.c_void_p
    with open(path, 'rb') as file: return libc.mmap(None, 4096, 1, 1, file.fileno(), 0)
def sleep_on(path):
    # A futex in a page of a shared file that may only be read.
    address = shared_word(path)
    value = ctypes.c_uint.from_address(address).value
    # Longer than the other one tries to wake it.
    limit = struct.pack('qq', 20, 0)
    return call('futex', address, 0, value, limit, 0, 0)
path = '/usr/lib/python3.11/turtle.py' if os.path.exists('/usr/lib/python3.11/turtle.py') else '/usr/lib/os-release'
segment = raw(NUMBERS['shmget'], 0x4c313130, 4096, 0o1666)
queue = raw(NUMBERS['msgget'], 0x4c313130, 0o1666)
semaphore = raw(NUMBERS['semget'], 0x4c313130, 1, 0o1666)
locks = [open(path, 'rb') for path in ('/usr/bin/env', '/proc/self/exe')]
for lock in locks: fcntl.flock(lock, fcntl.LOCK_EX)
results = []
waiter = threading.Thread(target=lambda: results.append(sleep_on(path)))
waiter.start()
time.sleep(0.05)
open('/dev/shm/ready', 'w').close()
waiter.join()
show([results[0], segment >= 0, queue >= 0, semaphore >= 0])
"""

TALK = """
import fcntl, mmap
libc.mmap.restype = ctypes.c_void_p
path = '/usr/lib/python3.11/turtle.py' if os.path.exists('/usr/lib/python3.11/turtle.py') else '/usr/lib/os-release'
with open(path, 'rb') as file: address = libc.mmap(None, 4096, 1, 1, file.fileno(), 0)
def try_lock(path): fcntl.flock(open(path, 'rb'), fcntl.LOCK_EX | fcntl.LOCK_NB)
woken = 0
for _ in range(200):
    woken += max(0, raw(NUMBERS['futex'], address, 1, 100, 0, 0, 0))
    if woken: break
    time.sleep(0.01)
show({'futex': str(woken), 'shared memory': call('shmget', 0x4c313130, 0, 0), 'queue': call('msgget', 0x4c313130, 0),
      'semaphore': call('semget', 0x4c313130, 0, 0), 'lock': attempt(lambda: try_lock('/usr/bin/env')),
      'own lock': attempt(lambda: try_lock('/proc/self/exe')),
      'key': call('request_key', b'user', b'outpost', 0, -4), 'vsock': attempt(lambda: socket.socket(40, 1)),
      'netlink user': attempt(lambda: socket.socket(16, 3, 2)), 'queue by name': attempt_queue()})
"""


@case("L11", "talk to another sandbox by futex on a shared file, lock on one and on the interpreter's own, System V and "
      "POSIX IPC, key, vsock, netlink", "closed, except for what the threat model lists: the futex, and between forks of one interpreter the lock on its file", quick=True)
def covert_channels(bench):
    need_x86_64()
    running, _ = beside(bench, LISTEN)
    talk = TALK.replace("attempt_queue()", "'ENOENT' if not os.path.exists('/dev/mqueue') else 'there'")
    seen = probe(bench, talk)
    heard = report(running.result())
    expect(heard[1:] == [True, True, True], f"the listener could not make its IPC: {heard}")
    wanted = {"futex": "0", "shared memory": "ENOENT", "queue": "ENOENT", "semaphore": "ENOENT", "lock": "ok", "own lock": "ok",
              "key": "ENOSYS",
              "vsock": "EAFNOSUPPORT", "netlink user": "EAFNOSUPPORT", "queue by name": "ENOENT"}
    wrong = {key: value for key, value in seen.items() if value != wanted[key]}
    expect(not wrong and heard[0] == "ETIMEDOUT", f"heard {heard[0]}, said {wrong}")
    return "no message arrived, in ten ways"
