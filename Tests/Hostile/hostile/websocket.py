# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""A WebSocket client that can break every rule (RFC 6455)."""

import json
import os
import socket
import struct

SUBPROTOCOL = "outpost.process.v1"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def handshake(caller, path: str, subprotocol: str = SUBPROTOCOL, key: str = KEY) -> bytes:
    """The request that asks for a WebSocket below the namespace's sandboxes."""
    lines = [f"GET {caller.base}{path} HTTP/1.1", "Host: outpost", f"Authorization: {caller.authorization}",
             "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}"]
    if subprotocol:
        lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def frame(payload: bytes, opcode: int = 2, is_final: bool = True, is_masked: bool = True, length=None) -> bytes:
    """One frame; `length` is what its head claims."""
    size = len(payload) if length is None else length
    flag = 0x80 if is_masked else 0
    head = bytes([(0x80 if is_final else 0) | opcode])
    if size < 126:
        head += bytes([flag | size])
    elif size < 1 << 16:
        head += bytes([flag | 126]) + struct.pack(">H", size)
    else:
        head += bytes([flag | 127]) + struct.pack(">Q", size)
    if not is_masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + masked(payload, mask)


def masked(payload: bytes, mask: bytes) -> bytes:
    """Each byte combined with one of the mask, in turn."""
    # As two long numbers: a loop over the bytes takes longer than the server does.
    stream = (mask * (len(payload) // 4 + 1))[:len(payload)]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(payload), "big")


class WebSocket:
    """A connection with a process."""

    def __init__(self, caller, path: str, subprotocol: str = SUBPROTOCOL, receive_buffer: int = 0):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(60)
        self.socket.connect(("127.0.0.1", caller.server.port))
        self.socket.sendall(handshake(caller, path, subprotocol))
        self.received = b""
        while b"\r\n\r\n" not in self.received:
            self.fill()
        head, _, self.received = self.received.partition(b"\r\n\r\n")
        self.status = int(head.split(b" ", 2)[1])

    def fill(self) -> None:
        part = self.socket.recv(1 << 16)
        if not part:
            raise EOFError
        self.received += part

    def take(self, count: int) -> bytes:
        while len(self.received) < count:
            self.fill()
        taken, self.received = self.received[:count], self.received[count:]
        return taken

    def send(self, payload: bytes, opcode: int = 2, **fields) -> None:
        self.socket.sendall(frame(payload, opcode, **fields))

    def say(self, message) -> None:
        """Sends a text message."""
        self.send(json.dumps(message).encode(), opcode=1)

    def next(self) -> tuple:
        """The opcode and the payload of the next frame that is no ping."""
        while True:
            first, second = self.take(2)
            size = second & 0x7F
            if size == 126:
                size = struct.unpack(">H", self.take(2))[0]
            elif size == 127:
                size = struct.unpack(">Q", self.take(8))[0]
            payload = self.take(size)
            if first & 0xF != 9:
                return first & 0xF, payload
            self.send(payload, opcode=10)

    def read_until(self, text: bytes) -> bytes:
        """What the process writes until it has written `text`."""
        output = b""
        while text not in output:
            opcode, payload = self.next()
            if opcode == 8:
                raise EOFError(payload[2:])
            if opcode == 2:
                output += payload
        return output

    def close_code(self) -> int:
        """The code with which the server closes; what comes before is dropped. 0 when it only closes."""
        try:
            while True:
                opcode, payload = self.next()
                if opcode == 8:
                    return struct.unpack(">H", payload[:2])[0]
        except (EOFError, ConnectionError):
            return 0

    def close(self) -> None:
        self.socket.close()
