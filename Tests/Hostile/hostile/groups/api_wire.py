# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""What the cases of group A speak with: bytes as no HTTP client sends them, and calls with any token. Holds no case."""

import contextlib
import http.client
import json
import os
import re
import socket
import uuid

from hostile.bench import BASE
from hostile.case import HANG_SECONDS, expect

PATIENCE_SECONDS = 60
JSON = {"Content-Type": "application/json"}


def admin_token(server) -> str:
    with open(os.path.join(server.data, "admin.token"), encoding="ascii") as file:
        return file.read().strip()


class Reply:
    """An answer as it came."""

    def __init__(self, response, content: bytes):
        self.status = response.status
        self.headers = response.headers
        self.content = content

    @property
    def json(self):
        return json.loads(self.content) if self.content else None

    def __str__(self):
        return f"{self.status} {self.content[:300].decode(errors='replace')}"


class Caller:
    """Calls over one connection, as whoever `authorization` says; None for nobody."""

    def __init__(self, server, authorization):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
        self.authorization = authorization

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def call(self, method: str, path: str, body=None, headers=None) -> Reply:
        """`body` is bytes as they are, or what to send as JSON."""
        fields = dict(headers or {})
        if self.authorization:
            fields["Authorization"] = self.authorization
        if body is not None:
            fields = {**JSON, **fields}
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.connection.request(method, path, body, fields)
        response = self.connection.getresponse()
        return Reply(response, response.read())


def admin(server) -> Caller:
    return Caller(server, "Bearer " + admin_token(server))


@contextlib.contextmanager
def new_token(server, kind: str = "pat", **fields):
    """Gives the `Authorization` of a token that lasts for the block, and its name."""
    name = f"hostile-{uuid.uuid4().hex[:12]}"
    with admin(server) as caller:
        reply = caller.call("POST", f"/auth/v1/{kind}", {"name": name, **fields})
        expect(reply.status == 201, reply)
        scheme = "Bearer" if kind == "pat" else "API-Key"
    try:
        yield f"{scheme} {reply.json['token']}", name
    finally:
        # The connection from before may have been idle for too long.
        with admin(server) as caller:
            caller.call("DELETE", f"/auth/v1/{kind}/{name}")


def post_head(server, *fields: str, path: str = BASE + "/execute") -> bytes:
    """The head of an authorized POST, without its empty line."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/json",
             f"Authorization: Bearer {admin_token(server)}", *fields]
    return ("\r\n".join(lines) + "\r\n").encode()


class RawAnswer:
    """What came back for some bytes: the answers' statuses, the text, and whether the server ended the connection."""

    def __init__(self, received: bytes, is_closed: bool):
        self.text = received.decode("latin-1")
        self.is_closed = is_closed
        self.statuses = [int(status) for status in re.findall(r"HTTP/1\.[01] (\d{3}) [A-Z]", self.text)]

    def __str__(self):
        return f"{self.statuses}, {'closed' if self.is_closed else 'open'}: {self.text[-200:]!r}"


def connect(server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_SECONDS)


def send_raw(server, data: bytes, answers: int = 1, closes: bool = False, silence: float = 0.15) -> RawAnswer:
    """Sends bytes and takes what comes: so many answers, or the end of the connection when it `closes`, however long that
    takes on a busy machine. Then whatever else comes, until nothing has come for `silence` seconds."""
    with connect(server) as connection:
        received = b""
        try:
            connection.sendall(data)
            while True:
                is_done = not closes and len(RawAnswer(received, False).statuses) >= answers
                connection.settimeout(silence if is_done else HANG_SECONDS)
                part = connection.recv(65536)
                if not part:
                    return RawAnswer(received, True)
                received += part
        except TimeoutError:
            return RawAnswer(received, False)
        except (ConnectionResetError, BrokenPipeError):
            return RawAnswer(received, True)


def resident_bytes(server) -> int:
    """The server's memory."""
    with open(f"/proc/{server.process.pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
