# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs sequences of system calls, each in a process of its own; hostile/calls/types.py tells what they are made of.

calls.py FILE: the file holds a list of sequences. Tells at the end how often each call was made, and how often it said yes.
"""

import contextlib
import ctypes
import json
import mmap
import os
import select
import signal
import sys
import threading
import time
import traceback

AT_ONCE = 3
# Of a sequence; what then still waits is killed, and what it has left behind is the sandbox's to end.
SECONDS = 0.5
PAGES = 64
ARENA, HEAP = PAGES * 4096, 1 << 20
NUMBERS = 512

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
shared = mmap.mmap(-1, NUMBERS * 8)
counts = (ctypes.c_uint32 * (2 * NUMBERS)).from_buffer(shared)


maps, died = [], [0]


def memory(size: int) -> int:
    """The address of memory that stays."""
    maps.append(mmap.mmap(-1, size))
    return ctypes.addressof(ctypes.c_char.from_buffer(maps[-1]))


class Interpreter:
    def __init__(self, items: list):
        self.items = items
        self.results = [-1] * len(items)
        self.left = {}
        self.arena, self.heap = memory(ARENA), memory(HEAP)
        self.used = 0
        self.deadline = time.monotonic() + SECONDS

    def block(self, size: int) -> int:
        """An address of so many zero bytes, which others get as well when the heap is used up."""
        if self.used + size > HEAP:
            self.used = 0
        address = self.heap + self.used
        self.used += (size + 15) & ~15
        ctypes.memset(address, 0, size)
        return address

    def value(self, argument, index: int) -> int:
        if isinstance(argument, int):
            return argument
        kind, *rest = argument
        if kind == "r":
            return self.results[rest[0]]
        if kind == "o":
            address = self.left.get(rest[0])
            return ctypes.c_int32.from_address(address + rest[1]).value if address else -1
        if kind == "g":
            return self.arena + 4096 * rest[0]
        if kind == "q":
            return os.getppid() if rest[0] else os.getpid()
        if kind == "p":
            return self.parts(rest, index)
        address = self.block(rest[0])
        if kind == "k":
            self.left[index] = address
        return address

    def parts(self, parts: list, index: int) -> int:
        made = b"".join(bytes.fromhex(part) if isinstance(part, str)
                        else (self.value(part[1], index) % 256 ** part[0]).to_bytes(part[0], "little") for part in parts)
        address = self.block(len(made))
        ctypes.memmove(address, made, len(made))
        return address

    def call(self, index: int) -> None:
        number, arguments = self.items[index]
        values = [ctypes.c_long(self.value(argument, index)) for argument in arguments]
        counts[number] += 1
        result = libc.syscall(ctypes.c_long(number), *values)
        counts[NUMBERS + number] += result != -1
        self.results[index] = result

    def run(self, first: int, end: int) -> None:
        index = first
        while index < end and time.monotonic() < self.deadline:
            item = self.items[index]
            index += 1
            if isinstance(item[0], int):
                self.call(index - 1)
                continue
            last = min(index + item[1], end)
            again = (index, last, item[2])
            if item[0] == "L":
                self.repeat(*again)
            else:
                start(self.repeat, again)
            index = last

    def repeat(self, first: int, end: int, times: int) -> None:
        for _ in range(times):
            if time.monotonic() >= self.deadline:
                return
            self.run(first, end)


def start(action, arguments) -> None:
    try:
        threading.Thread(target=action, args=arguments, daemon=True).start()
    except (RuntimeError, MemoryError):
        # At the limit of processes, as is meant.
        pass


def furnish(name: str) -> None:
    """A directory of its own with one of each, where an earlier sequence has not shut the one above or filled the disk."""
    with contextlib.suppress(OSError):
        os.mkdir(name)
        os.chdir(name)
        os.mkdir("d")
        os.mkfifo("fifo")
        os.symlink("a", "link")
        with open("a", "wb") as file:
            file.write(bytes(10_000))


def child(name: str, items: list) -> None:
    try:
        os.setpgid(0, 0)
        furnish(name)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        # Wakes what waits, for as long as the sequence does not take the clock away.
        signal.signal(signal.SIGALRM, lambda *_: None)
        signal.setitimer(signal.ITIMER_REAL, 0.03, 0.03)
        Interpreter(items).run(0, len(items))
    except Exception:
        # No fault of the sandbox's: out of memory, or a mistake here, which whoever sent the sequences counts.
        traceback.print_exc()
    finally:
        os._exit(0)


def collect(running: dict, is_last: bool) -> None:
    """Reaps what has ended and kills what takes too long; returns when there is room for one more, or nothing is left."""
    while len(running) >= (1 if is_last else AT_ONCE):
        signal.sigtimedwait({signal.SIGCHLD}, 0.02)
        for pid, deadline in list(running.items()):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                del running[pid]
                died[0] += os.WIFSIGNALED(status)


def main() -> None:
    with open(sys.argv[1], encoding="ascii") as file:
        sequences = json.load(file)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    running, started = {}, 0
    for items in sequences:
        collect(running, False)
        try:
            pid = os.fork()
        except OSError:
            # What earlier ones left holds all places.
            break
        if pid == 0:
            signal.pthread_sigmask(signal.SIG_SETMASK, set())
            child(f"sequence-{started}", items)
        running[pid] = time.monotonic() + SECONDS + 0.2
        started += 1
    collect(running, True)
    tell({"sequences": started, "died": died[0], "made": list(counts[:NUMBERS]), "answered": list(counts[NUMBERS:])})


def tell(seen: dict) -> None:
    # A sequence may have made the output one that does not wait.
    text = f"\nCALLS {json.dumps(seen, separators=(',', ':'))}\n".encode()
    while text:
        select.select([], [1], [], 1)
        try:
            text = text[os.write(1, text):]
        except BlockingIOError:
            pass


main()
