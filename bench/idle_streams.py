# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""What streams and terminals cost the server while nothing happens: memory in bytes, processor time in milliseconds."""
import contextlib
import os
import pathlib
import socket
import time

import memory
import server
import terminals

STREAMS = 1000
TERMINALS = 200
SANDBOXES = 10
# Longer than the pause between two signs of life, which a stream sends too.
QUIET_SECONDS = 20
WARM_UP = 20
MIB = 1 << 20
# A server of its own, which has room for all of them in one namespace.
SETTINGS = {"max_streams": 2000, "max_connections": 4000, "max_live_processes": 1000, "max_output_memory_mb": 2000}


class EventStream:
    """A connection over which a stream of events has begun."""

    def __init__(self, service, path):
        self.socket = socket.create_connection(("127.0.0.1", service.port), timeout=60)
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {service.token}\r\n"
                            "Accept: text/event-stream\r\n\r\n".encode())
        head = self.socket.recv(4096)
        if b" 200 " not in head.split(b"\r\n")[0]:
            raise RuntimeError(f"{path} answered {head[:200]!r}")


def processor_milliseconds(pid):
    """What a process has used so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


class Holder:
    """Opens streams and terminals in the sandboxes, and keeps them open."""

    def __init__(self, service, sandboxes, processes):
        self.service = service
        self.sandboxes = sandboxes
        self.processes = processes
        self.held = []

    def path(self, number):
        return f"{server.SANDBOXES}/{self.sandboxes[number % SANDBOXES]}"

    def add_streams(self, count):
        """Half of them of a process that says nothing, half of the events of a sandbox."""
        for number in range(count):
            process = self.processes[number % SANDBOXES]
            what = "events" if number % 2 else f"processes/{process}/output"
            self.held.append(EventStream(self.service, f"{self.path(number)}/{what}"))

    def add_terminals(self, count):
        """Each has written its prompt when this returns."""
        for number in range(count):
            terminal = terminals.WebSocket(self.service, f"{self.path(number)}/terminal?cols=80&rows=24")
            terminal.output()
            self.held.append(terminal)

    def close(self):
        for one in self.held:
            one.socket.close()
        self.held = []


def held_by_server(service):
    """The memory of the server itself when two readings agree."""
    last = memory.rollup(service.process.pid)["pss"]
    for _ in range(memory.SETTLE_READINGS):
        time.sleep(memory.SETTLE_INTERVAL)
        now = memory.rollup(service.process.pid)["pss"]
        if abs(now - last) < MIB // 4:
            break
        last = now
    return now


def quiet_milliseconds(service):
    """Processor time of the server in a second of silence."""
    before = processor_milliseconds(service.process.pid)
    time.sleep(QUIET_SECONDS)
    return (processor_milliseconds(service.process.pid) - before) / QUIET_SECONDS


def measure(binary):
    """Bytes of the server for each stream and each terminal, and its processor time beside all of them.

    The first ones are not measured: they make what the server keeps for all that come later."""
    with server.Server(binary, SETTINGS) as service, contextlib.closing(service.client()) as client:
        sandboxes = [client.create("stateful", "bash").decoded()["id"] for _ in range(SANDBOXES)]
        silent = {"command": ["sleep", "100000"]}
        processes = [client.call("POST", f"{server.SANDBOXES}/{sandbox}/processes", 201, silent).decoded()["id"]
                     for sandbox in sandboxes]
        with contextlib.closing(Holder(service, sandboxes, processes)) as holder:
            holder.add_streams(WARM_UP)
            holder.add_terminals(WARM_UP)
            nothing, quiet = held_by_server(service), quiet_milliseconds(service)
            holder.add_streams(STREAMS)
            streams = held_by_server(service)
            holder.add_terminals(TERMINALS)
            both, busy = held_by_server(service), quiet_milliseconds(service)
    return {"stream": (streams - nothing) / STREAMS, "terminal": (both - streams) / TERMINALS,
            "milliseconds_per_second": busy, "quiet_milliseconds_per_second": quiet}
