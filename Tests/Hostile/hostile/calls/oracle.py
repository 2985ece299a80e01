# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""What must hold after each batch, besides what the oracle of the suite asks for after each case."""

import threading
import time

from hostile.calls.host import SLACK, HostCounters, KernelLog
from hostile.case import Failure, expect
from hostile.host import spawner
from hostile.tenants import percentile

FEWEST_PAIRS = 10
# One run that took so much longer than all beside is one that had to wait for something.
STALL_SECONDS = 1.5
# An ordinary program's share of what the kernel may count once for the whole host, or by the one that made a namespace.
PROGRAM = """
import ctypes, mmap, os, select, socket, threading
libc = ctypes.CDLL(None, use_errno=True)
def made(number):
    if number == -1:
        raise OSError(ctypes.get_errno(), 'none left')
small = (ctypes.c_long * 8)(0, 1, 64)
for _ in range(3):
    made(libc.inotify_init1(0))
    made(libc.mq_open(b'/neighbour', 0o102, 0o600, small))
    made(libc.timer_create(0, None, ctypes.byref(ctypes.c_void_p())))
    made(libc.shmget(0, 4096, 0o1600))
    made(libc.semget(0, 1, 0o1600))
    made(libc.msgget(0, 0o1600))
    mmap.mmap(-1, 1 << 20).write(bytes(1 << 20))
    os.pipe(), os.eventfd(0), os.memfd_create('m'), select.epoll()
    server = socket.create_server(('127.0.0.1', 0))
    client = socket.create_connection(server.getsockname())
    accepted = server.accept()[0]
    client.sendall(bytes(1 << 15))
    assert accepted.recv(1 << 15)
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
pid = os.fork()
if pid == 0:
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
print(1)
"""


class Neighbour:
    """An ordinary run of another namespace, turn by turn with the same on a server that nobody attacks."""

    def __init__(self, caller, beside, look):
        self.callers = caller, beside
        # What else there is to see meanwhile.
        self.look = look
        self.all = []
        self.pairs = []
        self.failure = None
        # At rest it is served, or a batch that hinders it could not be told from a mistake here.
        for caller in self.callers:
            seconds_of(caller)

    def __enter__(self):
        self.pairs, self.failure = [], None
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.go_on, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()
        self.all += self.pairs

    def go_on(self) -> None:
        try:
            while not self.stopping.is_set():
                self.pairs.append(tuple(seconds_of(caller) for caller in self.callers))
                self.look()
        except Exception as error:  # pylint: disable=broad-except
            # Whatever it is, it was not served: `complaint` tells.
            self.failure = error

    def complaint(self) -> str:
        """Why the neighbour was not in time; empty when it was."""
        if self.failure:
            return f"the neighbour was not served: {self.failure}"
        mine, beside = p90(self.pairs)
        if len(self.pairs) >= FEWEST_PAIRS and mine > 3 * beside + 0.1:
            return f"the neighbour's p90 is {mine:.3f} s, and {beside:.3f} s on a server that nobody attacks"
        longest, longest_beside = (max(times, default=0) for times in (zip(*self.pairs) if self.pairs else ((), ())))
        if longest > 3 * longest_beside + STALL_SECONDS:
            return (f"a neighbour's run took {longest:.3f} s, and the longest one on a server that nobody attacks "
                    f"{longest_beside:.3f} s")
        return ""


def seconds_of(caller) -> float:
    started = time.monotonic()
    status, answer = caller.execute("python", PROGRAM)
    took = time.monotonic() - started
    expect(status == 200 and answer["stdout"] == "1\n", f"{caller.namespace}: {status}: {answer}")
    return took


def p90(pairs: list) -> tuple:
    return tuple(percentile(list(times), 0.9) for times in zip(*pairs)) or (0, 0)


class BatchOracle:
    """The suite's oracle, and the host's."""

    def __init__(self, oracle):
        self.oracle = oracle
        self.counters = HostCounters()
        self.learn()

    def learn(self) -> None:
        """Takes the state at rest, of the server and of the host."""
        self.oracle.learn()
        self.spawner = spawner(self.oracle.server)
        self.counters.learn()
        self.log = KernelLog()

    def findings(self) -> list:
        """What is wrong for sure, in words."""
        server = self.oracle.server
        if not server.is_running():
            return [f"the server has ended with {server.process.returncode}: {server.log_tail()[-1500:]}"]
        found = []
        try:
            self.oracle.check()
            expect(server.request("GET", "/readyz", authorized=False)[0] == 200, "O1: /readyz says no")
        except (Failure, OSError) as failure:
            found.append(str(failure))
        now = spawner(server)
        if now != self.spawner:
            found.append(f"O1: the spawner was {self.spawner} and is {now}")
            self.spawner = now
        return found + [f"O1: the kernel says: {line}" for line in self.log.complaints()]

    def suspicions(self, neighbour: Neighbour) -> dict:
        """What others on the host may have caused as well: by name, how it is told. Those that the same batch causes each
        time are findings."""
        found = {f"O2: {name}": f"grew by {more:,}, at most {SLACK[name]:,} are expected"
                 for name, more in self.counters.grown(10).items()}
        found |= {f"O2: {name}, meanwhile": f"{peak:,} more than at rest" for name, peak in self.counters.beyond().items()}
        if self.log.disks:
            found["O1: disk"] = f"the kernel says: {self.log.disks[0]}"
        complaint = neighbour.complaint()
        if complaint:
            found["O5: neighbour"] = complaint
        return found
