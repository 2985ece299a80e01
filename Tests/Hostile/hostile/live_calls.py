# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""The live calls, each as it is right, so that a case can make all of them wrong in one way."""

import contextlib
import dataclasses
import http.client
import json

from hostile.case import expect
from hostile.websocket import KEY, SUBPROTOCOL

JSON, BYTES, STREAM, SOCKET = "JSON", "bytes", "stream", "socket"
NOBODY = {"sandbox": "sbx_000000000000", "proc": "proc_000000000000", "ctx": "ctx_000000000000", "exec": "exec_000000000000"}
# What is sent where bytes are meant: an empty archive too.
CONTENT = bytes(1024)


@dataclasses.dataclass(frozen=True)
class LiveCall:
    """A call that is right, on a sandbox and things in it."""

    method: str
    # Below the sandbox.
    path: str
    body: dict | None = None
    kind: str = JSON
    # Whether an ephemeral sandbox has it.
    is_anywhere: bool = False
    # Whether a paused sandbox has it.
    is_while_paused: bool = False

    def head(self, caller, ids: dict) -> tuple:
        """The path, the headers and the body."""
        path = f"{caller.base}/{ids['sandbox']}/{self.path.format(**ids)}"
        headers = {"Authorization": caller.authorization}
        if self.kind == STREAM:
            headers["Accept"] = "text/event-stream"
        if self.kind == SOCKET:
            headers |= {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                        "Sec-WebSocket-Key": KEY, "Sec-WebSocket-Protocol": SUBPROTOCOL}
        if self.body is not None:
            headers["Content-Type"] = "application/json"
            return path, headers, json.dumps(self.body).encode()
        return path, headers, CONTENT if self.kind == BYTES else None

    def made(self, caller, ids: dict) -> tuple:
        """The status and the answer; of a stream or a file only the status, when it is a success."""
        path, headers, body = self.head(caller, ids)
        connection = http.client.HTTPConnection("127.0.0.1", caller.server.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(self.method, path.rstrip("/"), body, headers)
            answer = connection.getresponse()
            if answer.status < 400 or self.method == "HEAD":
                return answer.status, None
            return answer.status, json.loads(answer.read())

    def bytes_of(self, caller, ids: dict) -> bytes:
        """What goes over the wire."""
        path, headers, body = self.head(caller, ids)
        if body is not None:
            headers["Content-Length"] = str(len(body))
        lines = [f"{self.method} {path} HTTP/1.1", "Host: outpost", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")

    def __str__(self):
        return f"{self.method} {self.path}" + (f" ({self.kind})" if self.kind != JSON else "")


def calls() -> list:
    process, context, execution = "processes/{proc}", "contexts/{ctx}", "executions/{exec}"
    return [
        LiveCall("POST", "exec", {"code": "true"}, STREAM, is_anywhere=True),
        LiveCall("GET", "executions", is_anywhere=True, is_while_paused=True),
        LiveCall("GET", execution, is_anywhere=True, is_while_paused=True),
        LiveCall("GET", execution + "/events", kind=STREAM, is_anywhere=True, is_while_paused=True),
        # Of a run that has ended: nothing is cancelled.
        LiveCall("DELETE", execution, is_anywhere=True, is_while_paused=True),
        LiveCall("POST", "processes", {"command": ["true"]}),
        LiveCall("GET", "processes", is_while_paused=True),
        LiveCall("GET", process, is_while_paused=True),
        LiveCall("GET", process + "?wait_secs=1", is_while_paused=True),
        LiveCall("POST", process + "/signal", {"signal": "SIGCONT"}),
        LiveCall("POST", process + "/resize", {"cols": 80, "rows": 24}),
        LiveCall("POST", process + "/stdin", kind=BYTES),
        LiveCall("GET", process + "/output", is_while_paused=True),
        LiveCall("GET", process + "/output", kind=STREAM),
        LiveCall("GET", process + "/attach", kind=SOCKET),
        LiveCall("DELETE", process),
        LiveCall("GET", "terminal", kind=SOCKET),
        LiveCall("GET", "files/kept"),
        LiveCall("HEAD", "files/kept"),
        LiveCall("GET", "files/?list"),
        LiveCall("GET", "files/?watch", kind=STREAM),
        LiveCall("PUT", "files/new", kind=BYTES),
        LiveCall("POST", "files/folder?mkdir&parents"),
        LiveCall("POST", "files/kept?move_to=kept"),
        LiveCall("POST", "files/kept?link&method=GET", is_while_paused=True),
        LiveCall("DELETE", "files/new"),
        LiveCall("GET", "archive?path=."),
        LiveCall("PUT", "archive?path=.", kind=BYTES),
        LiveCall("POST", "contexts", {"language": "python"}),
        LiveCall("GET", "contexts", is_while_paused=True),
        LiveCall("GET", context, is_while_paused=True),
        LiveCall("POST", context + "/exec", {"code": "1"}),
        LiveCall("POST", context + "/exec", {"code": "1"}, STREAM),
        LiveCall("POST", context + "/complete", {"code": "pri", "cursor": 3}),
        LiveCall("POST", context + "/inspect", {"code": "print", "cursor": 3}),
        LiveCall("POST", context + "/interrupt"),
        LiveCall("POST", context + "/restart"),
        LiveCall("DELETE", context),
        LiveCall("GET", "metrics", is_anywhere=True, is_while_paused=True),
        LiveCall("GET", "events", is_anywhere=True, is_while_paused=True),
        LiveCall("GET", "events", kind=STREAM, is_anywhere=True, is_while_paused=True),
        LiveCall("PATCH", "", {"name": "renamed"}, is_anywhere=True, is_while_paused=True),
        LiveCall("POST", "snapshot", {}),
        LiveCall("POST", "fork", {"count": 1}),
        LiveCall("POST", "pause"),
    ]


CALLS = calls()


def things(caller) -> dict:
    """A sandbox with a file, a process, a kernel and a run, and their ids."""
    sandbox = caller.create(language="python")

    def made(method: str, path: str, body: dict, status: int) -> dict:
        found, answer = caller.request(method, f"/{sandbox}/{path}", body)
        expect(found == status, f"{path} answers {found}: {answer}")
        return answer

    run = made("POST", "exec", {"code": "open('kept', 'w').write('kept')"}, 200)
    process = made("POST", "processes", {"command": ["cat"], "tty": {"cols": 80, "rows": 24}}, 201)
    context = made("POST", "contexts", {"language": "python"}, 201)
    made("POST", f"contexts/{context['id']}/exec", {"code": "x = 1"}, 200)
    return {"sandbox": sandbox, "proc": process["id"], "ctx": context["id"], "exec": run["id"]}


@contextlib.contextmanager
def live(caller):
    """Gives the ids of such things; they go with their sandbox."""
    ids = things(caller)
    try:
        yield ids
    finally:
        caller.request("DELETE", f"/{ids['sandbox']}")


def process(caller, ids: dict, **fields) -> dict:
    status, answer = caller.request("POST", f"/{ids['sandbox']}/processes", fields)
    expect(status == 201, answer)
    return {**ids, "proc": answer["id"]}


def ids_of(call: LiveCall) -> list:
    return ["sandbox"] + [kind for kind in ("proc", "ctx", "exec") if "{" + kind + "}" in call.path]
