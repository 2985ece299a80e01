# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Clients of the live calls that go away or stop reading, and a disk that is full in the middle of an upload."""

import contextlib
import socket

from hostile.case import case, expect
from hostile.groups.api_wire import resident_bytes
from hostile.groups.file_calls import call as call_bytes
from hostile.groups.file_calls import entry, tar
from hostile.host import wait_for
from hostile.live_calls import CALLS, NOBODY, SOCKET, STREAM, LiveCall, live, process
from hostile.scratch_server import scratch_server
from hostile.tenants import tenant


@case("Q39", "the connection of every live call is cut at each step: within its head, before, within and after its body, before "
      "its answer, and within it", "nothing counts or runs for a client that has gone; the file is whole", quick=True)
def cut_connections(bench):
    cuts = 0
    with scratch_server(bench.server.program) as server, tenant(server, "q39") as caller, live(caller) as ids:
        # The others end what the next calls need.
        for call in [one for one in CALLS if one.method != "DELETE" and one.path not in ("pause", "fork", "snapshot")]:
            whole = call.bytes_of(caller, ids)
            body = whole.index(b"\r\n\r\n") + 4
            for size in sorted({1, body // 2, body - 1, body, (body + len(whole)) // 2, len(whole)}):
                cut(server, whole[:size], reads=0)
                cuts += 1
            cut(server, whole, reads=20)
            cuts += 1
        # Those that were answered go on, and are listed.
        for kind, mine in (("processes", ids["proc"]), ("contexts", ids["ctx"])):
            for item in caller.request("GET", f"/{ids['sandbox']}/{kind}")[1]["data"]:
                if item["id"] != mine:
                    caller.request("DELETE", f"/{ids['sandbox']}/{kind}/{item['id']}")
        wait_for(lambda: caller.use("max_streams") == 0 and caller.use("max_concurrent_runs") == 0
                 and caller.use("max_live_processes") == 2, lambda: f"left: {caller.call('GET', '/auth/v1/quotas')}")
        status, answer = caller.request("POST", f"/{ids['sandbox']}/exec", {
            "code": "import os; print(open('kept').read(), sorted(os.listdir('.')))"})
        expect(status == 200 and answer["stdout"] in (f"kept {['folder', 'kept']}\n", f"kept {['folder', 'kept', 'new']}\n"),
               f"the files are {answer}")
    return f"{cuts} connections cut; nothing is left of them"


def cut(server, data: bytes, reads: int) -> None:
    """Sends so much, takes so many bytes, and goes away."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(data)
        if reads:
            connection.recv(reads)


FLOOD = "while True: print('x' * 1000)"
# What writes as much as a stream takes, by the stream that nobody reads.
UNREAD = {
    "run": LiveCall("POST", "exec", {"code": FLOOD, "timeout_secs": 600, "concurrent": True}, STREAM),
    "kernel": LiveCall("POST", "contexts/{ctx}/exec", {"code": FLOOD, "timeout_secs": 600}, STREAM),
    "output": LiveCall("GET", "processes/{proc}/output", kind=STREAM),
    "attach": LiveCall("GET", "processes/{proc}/attach", kind=SOCKET),
    "terminal": LiveCall("GET", "terminal?command=yes", kind=SOCKET),
    "watch": LiveCall("GET", "files/?watch", kind=STREAM),
    "file": LiveCall("GET", "files/hole"),
    "archive": LiveCall("GET", "archive?path=/workspace"),
}


@case("Q40", "clients of every stream stop reading while it has more than they take: runs, kernels, output, attach, terminals, "
      "watches, files, archives", "each is cut after a while, and what it held is free; the server's memory does not grow",
      quick=True)
def unread_streams(bench):
    with scratch_server(bench.server.program, idle_timeout_secs=2) as server, tenant(server, "q40") as caller:
        with live(caller) as ids, contextlib.ExitStack() as stack:
            flood = process(caller, ids, command=["yes"])["proc"]
            status, answer = caller.request("POST", f"/{ids['sandbox']}/exec", {"code": "open('hole', 'w').truncate(1 << 29)"})
            expect(status == 200 and answer["status"] == "succeeded", answer)
            # Names of changes that a watch has to tell.
            process(caller, ids, command=["sh", "-c", "while :; do touch $(seq 500); rm $(seq 500); done"])
            before = resident_bytes(server)
            for call in UNREAD.values():
                connection = stack.enter_context(socket.socket())
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                connection.settimeout(60)
                connection.connect(("127.0.0.1", server.port))
                connection.sendall(call.bytes_of(caller, {**ids, "proc": flood}))
                head = connection.recv(12)
                expect(head.split()[1] in (b"200", b"101"), f"{call} answers {head}")
            most = [0]

            def are_cut() -> bool:
                most[0] = max(most[0], resident_bytes(server) - before)
                return caller.use("max_streams") == 0

            seconds = wait_for(are_cut, lambda: f"{caller.use('max_streams')} streams are held by clients that do not read")
            grown = most[0] >> 20
            expect(grown < 64, f"the server grew by {grown} MiB")
            wait_for(lambda: caller.use("max_concurrent_runs") == 0, "a run goes on without its client")
            status, answer = caller.request("GET", f"/{ids['sandbox']}/processes/{flood}")
            expect(status == 200 and answer["status"] == "running", f"the process ended with its readers: {answer}")
    return f"{len(UNREAD)} streams cut within {seconds:.0f} s; the server grew by {grown} MiB at the most"


@case("Q44", "fill the disk in the middle of an upload: of a file, of another in its place, of an archive",
      "507; the old file is whole, no part of the new one is left, and the sandbox works", quick=True)
def full_disk(bench):
    old, large = b"old" * 100_000, bytes(24 << 20)
    with tenant(bench.server, "q44") as caller, live(caller) as _:
        sandbox = {**NOBODY, "sandbox": caller.create(resource_limits={"disk_mb": 16})}
        expect(upload(caller, sandbox, "files/kept", old)[0] == 201, "the first file is not stored")
        for path in ("files/kept", "files/other", "archive?path=."):
            content = tar(entry("large", content=large)) if path.startswith("archive") else large
            status, answer = upload(caller, sandbox, path, content)
            expect(status == 507 and b"insufficient_storage" in answer, f"{path} answers {status}: {answer[:300]}")
        status, listed = caller.request("GET", f"/{sandbox['sandbox']}/files/?list")
        names = {item["name"] for item in listed["data"]}
        expect(names <= {"kept", "large"}, f"left: {names}")
        status, found = call_bytes(caller.server, caller.authorization, "GET", f"{caller.base}/{sandbox['sandbox']}/files/kept")
        expect(status == 200 and found == old, "the old file is not whole")
        status, answer = caller.request("POST", f"/{sandbox['sandbox']}/exec", {"code": "rm -f large; echo new > kept; cat kept"})
        expect(status == 200 and answer["stdout"] == "new\n", answer)
        caller.request("DELETE", f"/{sandbox['sandbox']}")
    return "507 three times; the old file is whole and can be replaced"


def upload(caller, ids: dict, path: str, content: bytes) -> tuple:
    return call_bytes(caller.server, caller.authorization, "PUT", f"{caller.base}/{ids['sandbox']}/{path}", content)
