# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group S: the server, and then an agent, killed among many streams."""

import contextlib
import http.client
import json
import os
import signal

from hostile.case import HANG_SECONDS, case, expect
from hostile.crash.transport import LiveCaller, first_event
from hostile.groups.api_wire import admin_token
from hostile.groups.state_host import check_nothing_runs
from hostile.host import Background, agents, in_runs, wait_for
from hostile.oracle import lines, parent
from hostile.scratch_server import restart, scratch_server
from hostile.websocket import WebSocket

# Of each kind, in each of two sandboxes: 100 streams.
OUTPUTS, ATTACHED, WATCHES, EVENTS, RUNS = 15, 15, 12, 5, 3
# Tells what it reads, so that each stream of it can be asked whether it lives.
ECHO = "while read line; do echo $line; done"


class Streams:
    """A sandbox with a process and all kinds of streams."""

    def __init__(self, caller: LiveCaller, name: str):
        self.caller, self.name = caller, name
        self.id = caller.served("POST", "", {"language": "bash", "mode": "stateful", "name": name}, status=201)["id"]
        self.process = ""
        self.open = contextlib.ExitStack()
        self.attached, self.streams = [], {}

    def path(self, rest: str = "") -> str:
        return f"/{self.id}/{rest}"

    def begin(self) -> None:
        command = {"command": ["bash", "-c", ECHO, self.name], "stdin": True, "name": "echo"}
        self.process = self.caller.served("POST", self.path("processes"), command, status=201)["id"]
        self.attached = [WebSocket(self.caller, self.path(f"processes/{self.process}/attach")) for _ in range(ATTACHED)]
        expect({one.status for one in self.attached} == {101}, [one.status for one in self.attached])
        sleep = {"code": "echo begun; sleep 600", "concurrent": True, "timeout_secs": 900}
        self.streams = {
            "output": self.opened(OUTPUTS, self.path(f"processes/{self.process}/output")),
            "watch": self.opened(WATCHES, self.path("files/?watch")),
            "events": self.opened(EVENTS, self.path("events")),
            "run": self.opened(RUNS, self.path("exec"), sleep)}
        for one in self.streams["watch"]:
            first_event(one, "ready")
        for one in self.streams["run"]:
            first_event(one, "stdout")

    def opened(self, count: int, path: str, body=None) -> list:
        return [self.open.enter_context(self.caller.events(path, body)) for _ in range(count)]

    def put(self, name: str, content: bytes) -> None:
        status, answer = self.caller.bytes_of("PUT", self.path(f"files/{name}"), content)
        expect(status == 201, answer)

    def agent(self, server) -> int:
        """The pid of its sandbox's agent, which made the process."""
        for pid in in_runs(server):
            if lines(f"/proc/{pid}/cmdline") and "".join(lines(f"/proc/{pid}/cmdline")).split("\0")[-2] == self.name:
                return parent(pid)
        return 0

    def all_end(self, *kinds: str) -> None:
        """Reads the connections with the process and the streams of these kinds to their ends, whatever comes."""
        readers = [Background(one.close_code) for one in self.attached]
        readers += [Background(drain, one) for kind in kinds for one in self.streams[kind]]
        for reader in readers:
            reader.result(HANG_SECONDS)

    def are_told(self) -> None:
        """The agent was killed: each stream of its process, its runs and its files says so and ends."""
        for one in self.attached:
            exit_ = json.loads(text_message(one))["exit"]
            expect(exit_["status"] == "lost", f"the process is told as {exit_}")
            # The server waits for this, for a while.
            one.close()
        for one in self.streams["output"]:
            expect(first_event(one, "end")["status"] == "lost", "a stream of output ends otherwise")
        for one in self.streams["run"]:
            expect(first_event(one, "end")["status"] == "sandbox_error", "a run is told otherwise")
        for one in self.streams["watch"]:
            Background(drain, one).result(HANG_SECONDS)

    def go_on(self, text: str) -> None:
        """Every stream brings what happens now."""
        status, answer = self.caller.bytes_of("POST", self.path(f"processes/{self.process}/stdin"), f"{text}\n".encode())
        expect(status in (200, 204), answer)
        for one in self.attached:
            one.read_until(text.encode())
        for one in self.streams["output"]:
            while text not in first_event(one, "stdout")["data"]:
                pass
        self.put(text, b"")
        for one in self.streams["watch"]:
            while not first_event(one, "created", "moved")["path"].endswith(text):
                pass

    def close(self) -> None:
        self.open.close()
        for one in self.attached:
            one.close()


def drain(events) -> None:
    try:
        for _ in events:
            pass
    except (OSError, http.client.HTTPException):
        # Cut instead of ended.
        pass


def text_message(connection: WebSocket) -> bytes:
    while True:
        opcode, payload = connection.next()
        expect(opcode != 8, f"closed with {payload!r} before the end of the process was told")
        if opcode == 1:
            return payload


@case("S24", "SIGKILL of the server among 100 open streams of two sandboxes, and of an agent among as many",
      "all streams end, files are kept, the process is lost and its name free; after the agent, the other sandbox's streams go on",
      quick=True)
def killed_among_streams(bench):
    count = 2 * (OUTPUTS + ATTACHED + WATCHES + EVENTS + RUNS)
    with scratch_server(bench.server.program, max_streams=400) as server:
        caller = LiveCaller(server)
        caller.know("Bearer " + admin_token(server))
        pair = [Streams(caller, name) for name in ("first", "second")]
        for streams in pair:
            streams.begin()
            streams.put("kept", streams.name.encode())
        expect(caller.use("max_streams") == count, f"{caller.use('max_streams')} streams are counted, not {count}")
        server.kill()
        for streams in pair:
            streams.all_end("output", "watch", "events", "run")
            streams.close()
        restart(server)
        check_nothing_runs(server)
        check_after_server(caller, pair)
        for streams in pair:
            streams.begin()
        check_after_agent(server, caller, pair)
        for streams in pair:
            streams.close()
            caller.served("DELETE", streams.path().rstrip("/"), status=204)
        wait_for(lambda: caller.use("max_streams") == 0 and not agents(server), "something outlives the sandboxes")
    return f"{count} streams ended with the server; {count // 2 - EVENTS} with the agent, and {count // 2 + EVENTS} went on"


def check_after_server(caller: LiveCaller, pair: list) -> None:
    expect(caller.use("max_streams") == 0 and caller.use("max_live_processes") == 0, "something counts that is gone")
    for streams in pair:
        process = caller.served("GET", streams.path(f"processes/{streams.process}"))
        expect(process["status"] == "lost" and process["name"] == "echo", process)
        expect(caller.bytes_of("GET", streams.path("files/kept")) == (200, streams.name.encode()), "the file is lost")


def check_after_agent(server, caller: LiveCaller, pair: list) -> None:
    victim, other = pair
    os.kill(victim.agent(server), signal.SIGKILL)
    victim.are_told()
    other.go_on("still-there")
    process = caller.served("GET", victim.path(f"processes/{victim.process}"))
    expect(process["status"] == "lost", process)
    # The events are the sandbox's, which is there.
    victim.put("again", b"")
    left = OUTPUTS + ATTACHED + WATCHES + RUNS + 2 * EVENTS
    wait_for(lambda: caller.use("max_streams") == left, lambda: f"{caller.use('max_streams')} streams, not {left}")
    expect(caller.bytes_of("GET", victim.path("files/kept")) == (200, victim.name.encode()), "the file is lost")


@case("S25", "SIGTERM while clients hold streams that never end by themselves, and read on: events, watches, output, attach",
      "each stream ends, and the server ends by itself", quick=True)
def ended_with_streams(bench):
    with scratch_server(bench.server.program, drain_secs=1) as server:
        caller = LiveCaller(server)
        caller.know("Bearer " + admin_token(server))
        streams = Streams(caller, "only")
        streams.begin()
        ending = Background(server.terminate)
        streams.all_end("output", "watch", "events", "run")
        expect(ending.result() == 0, "the server ended otherwise than it was asked to")
        streams.close()
    return f"{OUTPUTS + ATTACHED + WATCHES + EVENTS + RUNS} streams ended with the server"
