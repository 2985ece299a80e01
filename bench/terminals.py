# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""A key press to its echo through a terminal, and much output through `attach`, against a local one through socat."""
import base64
import contextlib
import json
import os
import socket
import subprocess
import time

import live
import samples
import server

KEYS = 300
WARM_UP_KEYS = 20
SUBPROTOCOL = "outpost.process.v1"
TEXT, BINARY, CLOSE, PING = 1, 2, 8, 9
STDOUT = 1


def frame_head(buffer, at, end):
    """Kind, size and start of the payload of the frame at `at`; None when it is incomplete."""
    if end - at < 2:
        return None
    kind, size, start = buffer[at] & 15, buffer[at + 1] & 127, at + 2
    if size >= 126:
        start += 2 if size == 126 else 8
        if start > end:
            return None
        size = int.from_bytes(buffer[at + 2:start], "big")
    return kind, size, start


class WebSocket:
    """One connection to `attach`, with as little work of its own as possible: both ends share the cores."""

    def __init__(self, service, path):
        self.socket = socket.create_connection(("127.0.0.1", service.port), timeout=120)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {service.token}\r\n"
                             f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                             f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n").encode())
        self.buffer = bytearray()
        while b"\r\n\r\n" not in self.buffer:
            self.more()
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise RuntimeError(f"{path} answered {head[:200]!r}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def more(self):
        part = self.socket.recv(1 << 20)
        if not part:
            raise RuntimeError("the server closed the connection")
        self.buffer += part

    def send(self, payload, kind=BINARY):
        """Sends one short frame; a mask of zeros leaves the payload as it is (RFC 6455, section 5.3)."""
        self.socket.sendall(bytes([0x80 | kind, 0x80 | len(payload)]) + bytes(4) + payload)

    def frame(self):
        """The next frame: its kind and its payload."""
        while not (head := frame_head(self.buffer, 0, len(self.buffer))):
            self.more()
        kind, size, start = head
        while len(self.buffer) < start + size:
            self.more()
        payload = bytes(self.buffer[start:start + size])
        del self.buffer[:start + size]
        return kind, payload

    def count(self):
        """The bytes of output until the next text, and that text. Like a bare reader, it copies none of them."""
        view, at, end, skipped, received = memoryview(bytearray(1 << 20)), 0, len(self.buffer), 0, 0
        view[:end] = self.buffer
        while True:
            taken = min(skipped, end - at)
            at, skipped = at + taken, skipped - taken
            head = None if skipped else frame_head(view, at, end)
            if head and head[0] in (BINARY, PING):
                received += head[1] - 1 if head[0] == BINARY else 0
                at, skipped = head[2], head[1]
                continue
            if head and head[0] == CLOSE:
                raise RuntimeError("the server closed the connection")
            if head and head[2] + head[1] <= end:
                return received, bytes(view[head[2]:head[2] + head[1]])
            view[:end - at] = bytes(view[at:end])
            at, end = 0, end - at
            size = self.socket.recv_into(view[end:])
            if not size:
                raise RuntimeError("the server closed the connection")
            end += size

    def output(self):
        """The next output."""
        while True:
            kind, payload = self.frame()
            if kind == BINARY:
                return payload
            if kind in (TEXT, CLOSE):
                raise RuntimeError(f"the process ended: {payload!r}")


class Attached:
    """A process of a sandbox and the connection to it."""

    def __init__(self, service, client, sandbox, body):
        path = f"{server.SANDBOXES}/{sandbox}/processes"
        self.process = client.call("POST", path, 201, body).decoded()["id"]
        self.socket = WebSocket(service, f"{path}/{self.process}/attach")


def echo(send, receive):
    """Milliseconds from one key press to its echo."""
    started = time.perf_counter_ns()
    send(b"a")
    if receive() != b"a":
        raise RuntimeError("a key press came back as something else")
    return (time.perf_counter_ns() - started) / 1e6


@contextlib.contextmanager
def local_terminal():
    """A connection to `cat` in a terminal, over socat and loopback."""
    port = server.free_port()
    command = ["socat", f"TCP-LISTEN:{port},bind=127.0.0.1,nodelay", "EXEC:cat,pty,setsid,ctty"]
    with subprocess.Popen(command) as process:
        for _ in range(200):
            try:
                connection = socket.create_connection(("127.0.0.1", port), timeout=60)
                break
            except ConnectionRefusedError:
                time.sleep(0.01)
        else:
            raise RuntimeError("socat does not listen")
        with connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield connection
        process.wait(60)


def attached_mebibytes(service, client, sandbox):
    body = {"command": ["sh", "-c", f"read line; {live.WRITING}"], "stdin": True}
    with Attached(service, client, sandbox, body).socket as attached:
        started = time.perf_counter()
        attached.send(b"\n")
        received, payload = attached.count()
        elapsed = time.perf_counter() - started
    ended = json.loads(payload)["exit"]
    if received != live.MUCH or ended["exit_code"] != 0:
        raise RuntimeError(f"attach carried {received} bytes: {ended}")
    return live.MUCH / (1 << 20) / elapsed


def measure(service):
    """Milliseconds from key to echo, and MiB a second through `attach`."""
    client, listener = service.client(), live.Listener()
    sandbox = client.create("stateful").decoded()["id"]
    keys, rates = samples.Samples(), samples.Samples()
    body = {"command": ["cat"], "tty": {"cols": 80, "rows": 24}, "stdin": True}
    with Attached(service, client, sandbox, body).socket as ours, local_terminal() as theirs:
        ways = {"terminal": lambda: echo(ours.send, ours.output),
                "terminal_bare": lambda: echo(theirs.sendall, lambda: theirs.recv(4096))}
        for number in range(WARM_UP_KEYS + KEYS):
            for name, way in ways.items():
                time.sleep(0.002)
                milliseconds = way()
                if number >= WARM_UP_KEYS:
                    keys.add(name, milliseconds)
    for _ in range(live.ROUNDS):
        rates.add("attach", attached_mebibytes(service, client, sandbox))
        rates.add("attach_bare", live.bare_mebibytes(listener))
    client.delete(sandbox)
    client.close()
    return {"keys": keys.summaries(), "rates": rates.summaries()}
