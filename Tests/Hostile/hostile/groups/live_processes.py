# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Processes that live with a sandbox, terminals, the WebSockets to them, and input for what runs."""

import json
import socket
import time

from hostile.case import HANG_SECONDS, case, expect
from hostile.groups.api_wire import resident_bytes
from hostile.host import wait_for
from hostile.scratch_server import scratch_server
from hostile.tenants import neighbour, tenant
from hostile.websocket import WebSocket, frame, handshake

# How long an attack goes on beside the neighbour.
SECONDS = 5
# What the server keeps of a stream.
KEPT_BYTES = 1 << 20


def start(caller, sandbox: str, *command: str, **fields) -> str:
    status, answer = caller.request("POST", f"/{sandbox}/processes", {"command": list(command), **fields})
    expect(status == 201, f"start answers {status}: {answer}")
    return answer["id"]


def output(caller, sandbox: str, process: str) -> dict:
    return caller.request("GET", f"/{sandbox}/processes/{process}/output")[1]


def stdout_bytes(caller, sandbox: str, process: str) -> int:
    """How much it has written, without the output itself, which costs the suite more than the server."""
    return caller.request("GET", f"/{sandbox}/processes/{process}")[1]["stdout_bytes"]


def process_status(caller, sandbox: str, process: str) -> str:
    return caller.request("GET", f"/{sandbox}/processes/{process}")[1]["status"]


@case("O-13", "a terminal with hostile sizes, escapes and hang-ups",
      "sizes outside of 1 to 65535 are refused; escapes pass as bytes; a terminal that is hung up leaves no process",
      quick=True)
def hostile_terminals(bench):
    with tenant(bench.server, "terminals") as caller:
        sandbox = caller.create()
        for size in ("cols=0", "rows=-1", "cols=65536", "rows=1e3", "cols=" + "9" * 400, "cols=1&cols=2"):
            status, _ = caller.request("GET", f"/{sandbox}/terminal?{size}")
            expect(status == 400, f"{size} answers {status}")
        shell = WebSocket(caller, f"/{sandbox}/terminal?cols=65535&rows=65535")
        shell.send(b"stty size; printf '\\033]0;x\\007\\033[6n\\0\\377end=%d' 1\n")
        expect(b"65535 65535" in shell.read_until(b"\xffend=1"), "the escapes did not pass")
        shell.say({"resize": {"cols": 0, "rows": 0}})
        expect(shell.close_code() == 1008, "a size of 0 was taken")
        # It ignores the hang-up, and so do its children in a session of their own.
        stubborn = WebSocket(caller, f"/{sandbox}/terminal")
        stubborn.send(b"trap '' HUP TERM; setsid sleep 76543 & sleep 76543 & echo ready=$((1+1))\n")
        stubborn.read_until(b"ready=2")
        stubborn.close()
        probe = {"command": ["pgrep", "-c", "-f", "[s]leep 76543"], "concurrent": True}
        wait_for(lambda: caller.request("POST", f"/{sandbox}/exec", probe)[1]["stdout"] == "0\n",
                 "processes outlive their terminal")
        expect(caller.use("max_streams") == 0, "a stream is left")
        caller.request("DELETE", f"/{sandbox}")
    return "6 sizes refused, 65535 x 65535 works, escapes pass, nothing outlives a hang-up"


@case("A22", "hostile WebSocket frames", "each ends its own connection with a reason, and the server's memory does not grow",
      quick=True)
def hostile_frames(bench):
    with tenant(bench.server, "frames") as caller:
        sandbox = caller.create()
        process = start(caller, sandbox, "cat", stdin=True)
        path = f"/{sandbox}/processes/{process}/attach"
        for subprotocol in ("", "chat", "outpost.process.v2"):
            connection = WebSocket(caller, path, subprotocol)
            expect(connection.status == 400, f"the subprotocol {subprotocol!r} answers {connection.status}")
        before = resident_bytes(bench.server)
        frames = [(frame(b"", length=1 << 30), 1009), (frame(b"", length=1 << 62), 1009), (frame(b"", length=(1 << 63) + 1), 1002),
                  (frame(b"x", is_masked=False), 1002), (frame(b"x", opcode=3), 1002), (frame(b"", opcode=0), 1002),
                  (frame(b"x" * 126, opcode=9), 1002), (frame(b"x", opcode=8), 1002), (frame(b"\xff", opcode=1), 1007),
                  (frame(b"no JSON", opcode=1), 1008), (frame(b"[1]", opcode=1), 1008), (frame(b"{}", opcode=1), 1008),
                  (frame(b'{"eof": false}', opcode=1), 1008), (frame(b'{"signal": "SIGODD"}', opcode=1), 1008),
                  (frame(b'{"signal": "SIGINT", "eof": true}', opcode=1), 1008), (frame(b'{"odd": 1}', opcode=1), 1008),
                  (frame(b"[" * 100_000, opcode=1), 1008), (frame(b'{"resize": {"cols": 1, "rows": 1}}', opcode=1), 1008)]
        for bytes_, code in frames:
            connection = WebSocket(caller, path)
            connection.socket.sendall(bytes_)
            found = connection.close_code()
            expect(found == code, f"{bytes_[:40]!r} is closed with {found}, not {code}")
            connection.close()
        # A message in parts that never ends, of more bytes than one may have.
        connection = WebSocket(caller, path)
        try:
            connection.send(b"x" * 60_000, is_final=False)
            for _ in range(40):
                connection.send(b"x" * 60_000, opcode=0, is_final=False)
        except OSError:
            pass
        expect(connection.close_code() in (0, 1009), "a message without an end was taken")
        # The connection is cut at each step.
        whole = handshake(caller, path) + frame(b"line\n") + frame(b'{"eof": true}', opcode=1)
        for size in range(0, len(whole) - 1, 7):
            cut = socket.create_connection(("127.0.0.1", bench.server.port))
            cut.sendall(whole[:size])
            cut.close()
        grown = (resident_bytes(bench.server) - before) >> 20
        expect(grown < 64, f"the server has {grown} MiB more")
        expect(process_status(caller, sandbox, process) == "running", "the process did not outlive its connections")
        wait_for(lambda: caller.use("max_streams") == 0, "a stream is left")
        caller.request("DELETE", f"/{sandbox}")
    return f"{len(frames)} frames, each with its code; the server grew by {grown} MiB"


@case("Q41", "a tenant attaches to programs that write without end, as often as the server allows, and reads nothing",
      "429 above its share; the programs wait, the server's memory does not grow, and another's run works meanwhile",
      quick=True, has_neighbour=True)
def unread_attachments(bench):
    with scratch_server(bench.server.program, max_streams=16) as server:
        with tenant(server, "greedy") as greedy, neighbour(server) as watched:
            sandbox = greedy.create()
            processes = [start(greedy, sandbox, "sh", "-c", "while ! test -e go; do sleep 0.1; done; exec yes") for _ in range(3)]
            before = resident_bytes(server)
            attached = [WebSocket(greedy, f"/{sandbox}/processes/{processes[n % 3]}/attach", receive_buffer=4096)
                        for n in range(24)]
            expect([one.status for one in attached].count(101) == 12 and [one.status for one in attached].count(429) == 12,
                   [one.status for one in attached])
            status, answer = greedy.request("POST", f"/{sandbox}/exec", {"command": ["touch", "go"], "concurrent": True})
            expect(status == 200 and answer["exit_code"] == 0, answer)
            watched.wait(SECONDS)
            grown = (resident_bytes(server) - before) >> 20
            expect(grown < 12 * 8, f"the server has {grown} MiB more")
            # They wait for the slow readers.
            written = [stdout_bytes(greedy, sandbox, process) for process in processes]
            time.sleep(1)
            expect(written == [stdout_bytes(greedy, sandbox, process) for process in processes], "the programs do not wait")
            for one in attached:
                one.close()
            # Nobody holds them any more, and they write without end.
            wait_for(lambda: greedy.use("max_streams") == 0, "a stream is left")
            wait_for(lambda: all(stdout_bytes(greedy, sandbox, process) > KEPT_BYTES + before
                                 for process, before in zip(processes, written)),
                     "a program still waits for readers that are gone")
            expect(output(greedy, sandbox, processes[0])["dropped_bytes"] > 0, "nothing was dropped")
            expect(greedy.request("DELETE", f"/{sandbox}")[0] == 204, "the sandbox is not deleted")
        return f"12 attached and 12 got 429; the server grew by {grown} MiB; neighbour {watched.verdict()}"


@case("Q42", "a tenant starts processes up to its quota, one of them a fork bomb, one that ignores every signal",
      "429 above the quota; another's run works meanwhile; the deletion of the sandbox ends them all", quick=True,
      has_neighbour=True)
def many_processes(bench):
    with scratch_server(bench.server.program, quotas="{default: {max_live_processes: 12}}") as server:
        with tenant(server, "greedy") as greedy, neighbour(server) as watched:
            sandbox = greedy.create()
            start(greedy, sandbox, "sh", "-c", "trap '' HUP INT TERM QUIT; while :; do sleep 1; done")
            bomb = start(greedy, sandbox, "bash", "-c", "b() { b | b & }; b; while :; do b; done")
            for number in range(10):
                start(greedy, sandbox, "sleep", "1000", name=f"number {number}")
            status, answer = greedy.request("POST", f"/{sandbox}/processes", {"command": ["true"]})
            expect(status == 429 and "max_live_processes, limit 12, in use 12" in answer["message"], answer)
            watched.wait(SECONDS)
            expect(greedy.request("DELETE", f"/{sandbox}/processes/{bomb}")[0] == 204, "the fork bomb is not deleted")
            wait_for(lambda: greedy.use("max_live_processes") == 11, "the fork bomb still counts")
            expect(greedy.request("DELETE", f"/{sandbox}")[0] == 204, "the sandbox is not deleted")
            wait_for(lambda: greedy.use("max_live_processes") == 0 and greedy.use("max_live_sandboxes") == 0,
                     "processes outlive their sandbox")
        return f"12 processes, then 429; all ended with the sandbox; neighbour {watched.verdict()}"


@case("Q43", "a tenant sends input without end to a process that reads none, over many connections",
      "the senders wait, and the server's memory does not grow", quick=True)
def unread_input(bench):
    with scratch_server(bench.server.program) as server:
        with tenant(server, "greedy") as greedy:
            sandbox = greedy.create()
            process = start(greedy, sandbox, "sleep", "1000", stdin=True)
            before = resident_bytes(server)
            senders = [WebSocket(greedy, f"/{sandbox}/processes/{process}/attach") for _ in range(8)]
            sent = 0
            for sender in senders:
                sender.socket.settimeout(1)
                try:
                    for _ in range(64):
                        sender.send(b"x" * (1 << 20))
                        sent += 1
                except OSError:
                    pass
            grown = (resident_bytes(server) - before) >> 20
            # One message of each, and what is on the way.
            expect(grown < 8 * 8, f"the server has {grown} MiB more after {sent} MiB")
            expect(sent < 8 * 16, f"{sent} MiB were taken that nobody reads")
            status, _ = greedy.request("POST", f"/{sandbox}/processes/{process}/signal", {"signal": "SIGKILL"})
            expect(status == 204, f"the signal answers {status}")
            for sender in senders:
                sender.close()
            wait_for(lambda: greedy.use("max_streams") == 0, "a stream is left")
            status, answer = greedy.request("GET", f"/{sandbox}/processes/{process}")
            expect(answer["signal"] == "SIGKILL", json.dumps(answer))
        return f"{sent} MiB were taken from 8 senders; the server grew by {grown} MiB"


# Fills its output again and again, and then says how large its pipe is.
FILLS = """
import fcntl, os, time
for _ in range(4): os.write(1, bytes(1 << 20))
with open(f'draft-{os.getpid()}', 'w') as file: file.write(str(fcntl.fcntl(1, 1032)) + '\\n')
os.rename(f'draft-{os.getpid()}', f'size-{os.getpid()}')
time.sleep(1000)
"""
# The pipes that the server enlarges at one time, and their bytes then (F_GETPIPE_SZ).
MOST_WIDE, WIDE_BYTES = 40, 256 << 10


@case("R21", "56 processes at a time fill their outputs, so that the server enlarges their pipes, which count for it",
      "at most 40 are large; when these have ended, others become large", quick=True)
def wide_pipes(bench):
    with scratch_server(bench.server.program, quotas="{default: {max_live_processes: 64}}") as server:
        with tenant(server, "wide") as caller:
            found = [wide(caller, count) for count in (56, 3)]
    expect(0 < found[0] <= MOST_WIDE, f"{found[0]} pipes are large")
    expect(found[1] == 3, f"{found[1]} of 3 pipes are large after the others have ended")
    return f"{found[0]} of 56 pipes were large, then {found[1]} of 3"


def wide(caller, count: int) -> int:
    """How many of so many processes get a large pipe; they have ended then."""
    sandbox = caller.create()
    fields = {"code": FILLS, "language": "python", "resource_limits": {"memory_mb": 32}}
    for _ in range(count):
        status, answer = caller.request("POST", f"/{sandbox}/processes", fields)
        expect(status == 201, f"start answers {status}: {answer}")
    sizes = []

    def all_written() -> bool:
        probe = {"code": "cat size-* 2>/dev/null; true", "concurrent": True}
        sizes[:] = caller.request("POST", f"/{sandbox}/exec", probe)[1]["stdout"].split()
        return len(sizes) == count
    wait_for(all_written, "the processes do not go on")
    status, _ = caller.request("DELETE", f"/{sandbox}")
    expect(status == 204, f"DELETE answers {status}")
    return sizes.count(str(WIDE_BYTES))


def open_run(caller, sandbox: str, execution: str) -> socket.socket:
    """A connection that follows a run which reads no input; the run has started."""
    body = json.dumps({"command": ["sleep", "1000"], "stdin_open": True, "id": execution, "concurrent": True}).encode()
    connection = socket.create_connection(("127.0.0.1", caller.server.port), timeout=HANG_SECONDS)
    connection.sendall(
        f"POST {caller.base}/{sandbox}/exec HTTP/1.1\r\nHost: a\r\nAuthorization: {caller.authorization}\r\n"
        f"Accept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    seen = b""
    while b"event: start" not in seen:
        part = connection.recv(4096)
        expect(part, f"the run does not start: {seen!r}")
        seen += part
    return connection


def send_input(caller, sandbox: str, execution: str, limit: int) -> tuple:
    """The connection of a call that sends input, and the MiB that were taken before the server waited."""
    connection = socket.create_connection(("127.0.0.1", caller.server.port), timeout=1)
    connection.sendall(
        f"POST {caller.base}/{sandbox}/executions/{execution}/stdin HTTP/1.1\r\nHost: a\r\n"
        f"Authorization: {caller.authorization}\r\nContent-Length: {1 << 36}\r\n\r\n".encode())
    sent = 0
    try:
        while sent < limit:
            connection.sendall(b"x" * (1 << 20))
            sent += 1
    except OSError:
        pass
    return connection, sent


@case("Q35", "a tenant sends input without end to runs that read none, over many connections, and leaves and comes again",
      "the senders wait, the server's memory does not grow, and another's run works meanwhile", quick=True,
      has_neighbour=True)
def unread_run_input(bench):
    with scratch_server(bench.server.program) as server:
        with tenant(server, "greedy") as greedy, neighbour(server) as watched:
            sandbox = greedy.create()
            runs = [f"exec_00000000000{number}" for number in range(4)]
            followers = [open_run(greedy, sandbox, run) for run in runs]
            before = resident_bytes(server)
            senders, sent = [], 0
            for number in range(12):
                sender, taken = send_input(greedy, sandbox, runs[number % 4], 64)
                senders.append(sender)
                sent += taken
            # What a sender leaves behind must not add up.
            for number in range(200):
                sender, taken = send_input(greedy, sandbox, runs[number % 4], 1)
                sent += taken
                sender.close()
            for run in runs:
                # Bytes that the server does not take hide the end of their connection, so its place may be taken still.
                status, answer = greedy.request("POST", f"/{sandbox}/executions/{run}/stdin")
                expect(status in (204, 429), f"one more sender answers {status}: {answer}")
            watched.wait(SECONDS)
            grown = (resident_bytes(server) - before) >> 20
            expect(grown < 64, f"the server has {grown} MiB more after {sent} MiB")
            for run in runs:
                status, answer = greedy.request("DELETE", f"/{sandbox}/executions/{run}")
                expect(status == 200 and answer["status"] == "cancelled", f"{status}: {answer}")
                status, _ = greedy.request("POST", f"/{sandbox}/executions/{run}/stdin")
                expect(status == 409, f"input for an ended run answers {status}")
            for one in senders + followers:
                one.close()
            wait_for(lambda: greedy.use("max_streams") == 0, "a stream is left")
            expect(greedy.request("DELETE", f"/{sandbox}")[0] == 204, "the sandbox is not deleted")
        return f"{sent} MiB were given by 12 senders and 200 that left; the server grew by {grown} MiB; {watched.verdict()}"
