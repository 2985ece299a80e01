# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group W: locks of the kernel that a program holds, and the server's threads that need them.

The kernel holds the lock of a pipe while it copies to or from a program's memory, which may have to come from a disk. Here
that memory is the suite's own, and comes when the suite lets it (userfaultfd(2)): a disk as slow as one likes.
"""

import contextlib
import ctypes
import fcntl
import mmap
import os
import struct
import threading
import time

from hostile.bench import BASE, ended, out
from hostile.case import HANG_SECONDS, case, expect
from hostile.groups.ahead import PATIENCE_SECONDS, a_neighbour_runs
from hostile.host import Background, command, in_runs, wait_for
from hostile.probe import need_x86_64
from hostile.scratch_server import scratch_server

LIBC = ctypes.CDLL(None, use_errno=True)
PAGE = mmap.PAGESIZE
# linux/userfaultfd.h; the number of the call on x86-64.
USERFAULTFD, API, REGISTER, ZEROPAGE, API_VERSION = 323, 0xc018aa3f, 0xc020aa00, 0xc020aa04, 0xaa
# How long a lock is held, in which everything else must go on.
HELD_SECONDS = 2


class SlowPage:
    """A page that is not there until `come`."""

    def __init__(self):
        self.number = LIBC.syscall(USERFAULTFD, os.O_CLOEXEC)
        expect(self.number >= 0, f"userfaultfd: {os.strerror(ctypes.get_errno())}")
        fcntl.ioctl(self.number, API, bytearray(struct.pack("QQQ", API_VERSION, 0, 0)))
        self.memory = mmap.mmap(-1, PAGE)
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        fcntl.ioctl(self.number, REGISTER, bytearray(struct.pack("QQQQ", self.address, PAGE, 1, 0)))

    def come(self) -> None:
        fcntl.ioctl(self.number, ZEROPAGE, bytearray(struct.pack("QQQq", self.address, PAGE, 0, 0)))


@contextlib.contextmanager
def held_lock(path: str, flags: int):
    """Holds the lock of a pipe: a thread reads or writes it with memory that does not come meanwhile."""
    page, pipe = SlowPage(), os.open(path, flags)
    call = LIBC.write if flags == os.O_WRONLY else LIBC.read
    thread = threading.Thread(target=call, args=(pipe, ctypes.c_void_p(page.address), PAGE), daemon=True)
    thread.start()
    try:
        # In the kernel, where it waits for its page with the lock in its hands.
        wait_for(lambda: waits_for_page(thread.native_id), "the page is not missed")
        yield
    finally:
        page.come()
        thread.join(HANG_SECONDS)
        os.close(pipe)
        os.close(page.number)


def waits_for_page(thread: int) -> bool:
    with open(f"/proc/self/task/{thread}/wchan", encoding="ascii") as file:
        return "userfault" in file.read()


def all_goes_on(server) -> int:
    """Runs of a neighbour while the lock is held, each of which and the server's own health need its threads."""
    runs, deadline = 0, time.monotonic() + HELD_SECONDS
    while time.monotonic() < deadline:
        a_neighbour_runs(server)
        expect(server.is_healthy(), "/healthz does not answer")
        runs += 1
    return runs


def await_program(server, name: str) -> int:
    found = []

    def find() -> bool:
        found[:] = [pid for pid in in_runs(server) if os.path.exists(f"/proc/{pid}/root/workspace/{name}")
                    and command(pid).rstrip().endswith(f" {name}")]
        return bool(found)

    wait_for(find, f"the program {name} does not come")
    return found[0]


class Pair:
    """Two runs of one program in one sandbox, of which the second ends at its limit: its neighbour goes on, and may have got
    its pipes."""

    # Says that it is there, by its name, and goes on when it is told to. What it does before must not wait for a lock.
    PROGRAM = "{before}; touch /workspace/$0; while ! test -e /workspace/go && " \
              "! test -e /workspace/go-$0; do sleep 0.01; done; {after}"

    def __init__(self, server, sandbox: str, before: str, after: str, stdin: str = ""):
        self.server, self.sandbox = server, sandbox
        program = self.PROGRAM.format(before=before, after=after)
        server.exec(sandbox, "rm -f /workspace/*")
        self.long, self.long_pid = self.begin(program, "long", 60_000, stdin)
        self.short, self.short_pid = self.begin(program, "short", 1000, stdin)

    def begin(self, program: str, name: str, timeout_ms: int, stdin: str) -> tuple:
        call = Background(self.server.call, "POST", f"{BASE}/{self.sandbox}/exec",
                          {"command": ["/bin/bash", "-c", program, name], "stdin": stdin, "timeout_ms": timeout_ms,
                           "concurrent": True})
        return call, await_program(self.server, name)

    def hold(self, stream: int, flags: int) -> int:
        """Holds the lock of a stream's pipe of both meanwhile; returns how many runs of a neighbour went on."""
        with held_lock(f"/proc/{self.long_pid}/fd/{stream}", flags), \
                held_lock(f"/proc/{self.short_pid}/fd/{stream}", flags):
            runs = all_goes_on(self.server)
            ended(self.short.result(PATIENCE_SECONDS), "timed_out")
        return runs

    def go_on(self) -> dict:
        """The end of the first. Not before the locks are free: without a process in the sandbox that could hold one, the
        server asks for none."""
        self.server.exec(self.sandbox, "touch /workspace/go", concurrent=True)
        answer = self.long.result()
        ended(answer, "succeeded")
        return answer


@case("W07", "write from memory that does not come: the kernel holds the lock of the output's pipe meanwhile",
      "nobody else waits, a time limit holds, and the output is complete afterwards", quick=True)
def a_writer_that_waits(bench):
    need_x86_64()
    runs = 0
    with scratch_server(bench.server.program, pool="{floor: 0, ceiling: 0}") as server:
        sandbox = server.create(mode="stateful", language="bash")["id"]
        for stream in (1, 2):
            pair = Pair(server, sandbox, "echo first", "echo last")
            runs += pair.hold(stream, os.O_WRONLY)
            text = out(pair.go_on()).replace("\0", "")
            expect(text == "first\nlast\n", f"the output is {text!r}")
    return f"{runs} runs of a neighbour beside two locks that were held for {HELD_SECONDS} s, one stream after the other"


@case("W08", "read into memory that does not come: the kernel holds the lock of the input's pipe meanwhile",
      "nobody else waits, and a time limit holds", quick=True)
def a_reader_that_waits(bench):
    need_x86_64()
    # More than a pipe holds: some of it waits in the server, which has to write when there is room.
    stdin = "x" * 1_000_000
    with scratch_server(bench.server.program, pool="{floor: 0, ceiling: 0}") as server:
        sandbox = server.create(mode="stateful", language="bash")["id"]
        pair = Pair(server, sandbox, "true", "wc -c", stdin)
        runs = pair.hold(0, os.O_RDONLY)
        count = int(out(pair.go_on()))
        expect(count == len(stdin) - PAGE, f"{count} bytes came")
    return f"{runs} runs of a neighbour beside two locks that were held for {HELD_SECONDS} s"


@case("W09", "wait in the kernel for the lock of one's own output at the time limit, beside a run whose lock is held too",
      "no signal ends the program before the lock is free, so its sandbox is given up; nobody else waits", quick=True)
def a_program_that_no_signal_ends(bench):
    need_x86_64()
    with scratch_server(bench.server.program, pool="{floor: 0, ceiling: 0}") as server:
        sandbox = server.create(mode="stateful", language="bash")["id"]
        pair = Pair(server, sandbox, "true", "echo last")
        runs = 0
        with held_lock(f"/proc/{pair.long_pid}/fd/1", os.O_WRONLY), \
                held_lock(f"/proc/{pair.short_pid}/fd/1", os.O_WRONLY):
            server.exec(sandbox, "touch /workspace/go-short", concurrent=True)
            wait_for(lambda: waits_for_pipe(pair.short_pid), "the program does not wait for the lock")
            deadline = time.monotonic() + HANG_SECONDS
            while not pair.long.is_over():
                expect(time.monotonic() < deadline, "the run beside it does not end")
                runs += all_goes_on(server)
        statuses = [pair.short.result()["status"], pair.long.result()["status"]]
        expect(statuses[0] in ("timed_out", "sandbox_error") and statuses[1] == "sandbox_error", statuses)
        answer = server.exec(sandbox, "echo again")
        expect(out(answer) == "again\n", answer)
    return f"{statuses[0]} and {statuses[1]}; {runs} runs of a neighbour meanwhile; the sandbox runs again"


def waits_for_pipe(pid: int) -> bool:
    with open(f"/proc/{pid}/wchan", encoding="ascii") as file:
        return "pipe" in file.read()
