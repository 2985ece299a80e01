# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0

"""The frames between a kernel and the server, and the streams of the user's code."""

import builtins
import io
import json
import os
import select
import struct
import sys
import threading
import time

HEADER = struct.Struct("<IB")
MESSAGE, STDOUT, STDERR = 0, 1, 2
PIECE = 32768


class StdinNotImplementedError(NotImplementedError):
    """Code has asked for input, and a kernel has none."""


class Channel:
    """The frames between the server and the kernel, and the two streams of the user's code.

    A signal never interrupts the writing of a frame: `guard` holds the interrupt back until the frame is complete.
    """

    def __init__(self):
        self.reads, self.writes = os.dup(0), os.dup(1)
        for descriptor in (self.reads, self.writes):
            os.set_inheritable(descriptor, False)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        self.pipes = {self._capture(1): STDOUT, self._capture(2): STDERR}
        self.poll = select.poll()
        for pipe in self.pipes:
            self.poll.register(pipe, select.POLLIN)
        self.inbox = select.poll()
        self.inbox.register(self.reads, select.POLLIN)
        self.lock = threading.Lock()
        self.depth, self.pending = 0, False
        self.main = threading.get_ident()
        self.is_child = False
        self.kind, self.kept, self.flushed = STDOUT, bytearray(), 0.0
        self.late = threading.Event()
        self.received = bytearray()

    @staticmethod
    def _capture(descriptor):
        reads, writes = os.pipe()
        os.dup2(writes, descriptor)
        os.close(writes)
        os.set_blocking(reads, False)
        return reads

    def start(self):
        """Starts the threads that send what other processes write, and what the code has written a moment ago."""
        threading.Thread(target=self._watch, daemon=True, name="outpost-streams").start()
        threading.Thread(target=self._flush_late, daemon=True, name="outpost-flush").start()
        os.register_at_fork(after_in_child=self._leave)

    def _leave(self):
        """Makes a forked child write to the captured streams only."""
        self.is_child = True
        self.lock = threading.Lock()
        self.kept.clear()
        os.close(self.reads)
        os.close(self.writes)

    # Frames to the server. The caller of each function with an underscore holds the lock.

    def __enter__(self):
        if threading.get_ident() == self.main:
            self.depth += 1
        self.lock.acquire()

    def __exit__(self, *_):
        self.lock.release()
        if threading.get_ident() != self.main:
            return
        self.depth -= 1
        if self.pending and self.depth == 0:
            self.pending = False
            raise KeyboardInterrupt

    def _send(self, kind, payload):
        data = memoryview(HEADER.pack(len(payload), kind) + payload)
        while data:
            data = data[os.write(self.writes, data):]

    def _flush(self):
        if self.kept:
            payload, self.kept = self.kept, bytearray()
            self._send(self.kind, bytes(payload))
        self.flushed = time.monotonic()

    def _drain(self, most=None):
        """Sends what is in the pipes. Other processes may write without end, so the caller may set a limit."""
        while True:
            ready = self.poll.poll(0)
            if not ready:
                return
            self._flush()
            for pipe, _ in ready:
                try:
                    piece = os.read(pipe, PIECE)
                except BlockingIOError:
                    continue
                self._send(self.pipes[pipe], piece)
                if most is not None:
                    most -= len(piece)
            if most is not None and most <= 0:
                return

    def _watch(self):
        waiting = select.poll()
        for pipe in self.pipes:
            waiting.register(pipe, select.POLLIN)
        while True:
            waiting.poll()
            with self:
                self._drain(PIECE)

    def _flush_late(self):
        while True:
            self.late.wait()
            time.sleep(0.02)
            self.late.clear()
            with self:
                self._flush()

    def write(self, kind, data):
        """Sends output of the code, at once or within 20 ms."""
        if self.is_child:
            data = memoryview(data)
            while data:
                data = data[os.write(kind, data):]
            return
        with self:
            if self.poll.poll(0):
                self._drain(1 << 20)
            if kind != self.kind:
                self._flush()
                self.kind = kind
            self.kept += data
            # `print` writes a line and its end separately.
            is_line = data.endswith(b"\n") and time.monotonic() - self.flushed > 0.02
            if len(self.kept) >= PIECE or is_line:
                while len(self.kept) > 2 * PIECE:
                    self._send(self.kind, bytes(self.kept[:PIECE]))
                    del self.kept[:PIECE]
                self._flush()
            elif not self.late.is_set():
                self.late.set()

    def send(self, message):
        """Sends a message after all output that was written before."""
        if self.is_child:
            return
        payload = message if isinstance(message, bytes) else encoded(message)
        with self:
            self._flush()
            self._drain(1 << 20)
            self._send(MESSAGE, payload)

    # Frames from the server.

    def has_arrived(self):
        """Whether the server has sent something."""
        return bool(self.inbox.poll(0))

    def receive(self):
        """Returns the messages that have arrived. Returns None at the end of the input."""
        data = os.read(self.reads, 1 << 16)
        if not data:
            return None
        self.received += data
        messages = []
        while len(self.received) >= HEADER.size:
            length, _ = HEADER.unpack_from(self.received)
            end = HEADER.size + length
            if len(self.received) < end:
                break
            messages.append(json.loads(bytes(self.received[HEADER.size:end])))
            del self.received[:end]
        return messages


def encoded(value):
    return json.dumps(value, default=repr, allow_nan=False, separators=(",", ":")).encode()


class Stream(io.RawIOBase):
    """The bytes below `sys.stdout` and `sys.stderr`. Its descriptor is the captured one."""

    def __init__(self, channel, kind, name):
        self.channel, self.kind, self.name, self.mode = channel, kind, name, "wb"

    def writable(self):
        return True

    def fileno(self):
        return self.kind

    def isatty(self):
        return False

    def write(self, data):
        data = bytes(data)
        self.channel.write(self.kind, data)
        return len(data)


class NoInput(io.TextIOBase):
    """The standard input of a kernel: every read is an error that says so."""

    encoding = "utf-8"

    def readable(self):
        return True

    def fileno(self):
        return 0

    def isatty(self):
        return False

    def read(self, *_):
        raise StdinNotImplementedError("a kernel has no standard input: input() and reads of stdin are not supported")

    readline = readlines = __next__ = read


def refuse_input(prompt="", /):
    raise StdinNotImplementedError("a kernel has no standard input: input() is not supported")
