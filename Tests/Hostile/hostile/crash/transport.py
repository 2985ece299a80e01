# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""The calls whose bodies are no JSON documents: files, archives, and streams of events."""

import contextlib
import http.client
import json

from hostile.tenants import Tenant


class Unserved(Exception):
    """An answer that only a fault of the platform excuses."""


class LiveCaller(Tenant):
    """An administrator of the namespace `default`."""

    def __init__(self, server):
        super().__init__(server, "default", "")

    def know(self, authorization: str) -> None:
        self.authorization = authorization

    def bytes_of(self, method: str, path: str, body: bytes | None = None) -> tuple:
        """The status and the bytes of a call."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, self.base + path, body, {"Authorization": self.authorization})
            answer = connection.getresponse()
            return answer.status, answer.read()

    def served(self, method: str, path: str, body=None, status: int = 200):
        """The decoded answer; raises `Unserved` for another status than this one."""
        found, answer = self.request(method, path, body, timeout=60)
        if found != status:
            raise Unserved(f"{method} {path}: {found} {answer}")
        return answer

    @contextlib.contextmanager
    def events(self, path: str, body=None):
        """Gives the events of a stream as (name, data), one after the other; raises `Unserved` when it does not begin."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        headers = {"Authorization": self.authorization, "Accept": "text/event-stream", "Content-Type": "application/json"}
        with contextlib.closing(connection):
            connection.request("POST" if body else "GET", self.base + path, json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            if answer.status != 200:
                raise Unserved(f"{path}: {answer.status} {answer.read()[:300]}")
            yield each_event(answer)


def each_event(answer):
    name, data = "", ""
    for line in answer:
        field, _, value = line.decode().rstrip("\n").partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            data = value
        elif not field and name:
            yield name, json.loads(data)
            name = ""


def first_event(events, *names: str) -> dict:
    """The data of the first event with one of the names; raises `Unserved` when the stream ends before it."""
    for name, data in events:
        if name in names:
            return data
    raise Unserved(f"a stream ended without {' or '.join(names)}")
