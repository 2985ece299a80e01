# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Many sandboxes: made for one short command each, and idle beside one that is used."""
import os
import selectors
import subprocess
import time

import latency
import memory
import peers
import samples
import server

COMMANDS = 100
NODE = ["/usr/bin/node", "-v"]
IDLE_COUNTS = (1, 100, 1000)
LONG_IDLE_COUNTS = (*IDLE_COUNTS, 4000)
IDLE_RUNS = 60
# What making the sandboxes may take in all.
IDLE_SECONDS = 150
# They stay up for as long as this is measured.
SETTINGS = {"unload_after_secs": 86400}
# What another idle sandbox may need at most; no more are made than fit the memory that is available.
SANDBOX_BYTES = 4 << 20


def absence():
    return None if os.access(NODE[0], os.X_OK) else f"{NODE[0]} is not there"


class Visit:
    """Makes a sandbox, runs one command in it and deletes it, each when the answer to the one before is there."""

    def __init__(self, service):
        self.client = service.client()
        self.sandbox = None
        self.step = None
        self.started = None
        self.milliseconds = None

    def begin(self):
        self.started = time.perf_counter_ns()
        self.step = self.created
        self.client.send("POST", server.SANDBOXES, {"language": "node", "mode": "ephemeral"})

    def advance(self):
        """Takes the answer that is there; whether the visit is over."""
        self.step()
        return self.step is None

    def created(self):
        self.sandbox = self.client.receive(201).decoded()["id"]
        self.step = self.ran
        self.client.send("POST", f"{server.SANDBOXES}/{self.sandbox}/exec", {"command": NODE})

    def ran(self):
        execution = self.client.receive(200).decoded()
        if execution["status"] != "succeeded" or not execution["stdout"].startswith("v"):
            raise RuntimeError(f"node -v went wrong: {execution}")
        # The deletion is not the caller's wait.
        self.milliseconds = (time.perf_counter_ns() - self.started) / 1e6
        self.step = self.deleted
        self.client.send("DELETE", f"{server.SANDBOXES}/{self.sandbox}")

    def deleted(self):
        self.client.receive(204)
        self.step = None


def visits_in_turn(visits):
    for visit in visits:
        visit.begin()
        while not visit.advance():
            pass
    return [visit.milliseconds for visit in visits]


def visits_at_once(visits):
    with selectors.DefaultSelector() as selector:
        for visit in visits:
            visit.begin()
            selector.register(visit.client.socket, selectors.EVENT_READ, visit)
        while selector.get_map():
            for key, _ in selector.select():
                if key.data.advance():
                    selector.unregister(key.fileobj)
    return [visit.milliseconds for visit in visits]


def bare_in_turn():
    taken = []
    for _ in range(COMMANDS):
        started = time.perf_counter_ns()
        check_version(start_node())
        taken.append((time.perf_counter_ns() - started) / 1e6)
    return taken


def bare_at_once():
    started = time.perf_counter_ns()
    left = [start_node() for _ in range(COMMANDS)]
    taken = []
    for process in left:
        check_version(process)
        taken.append((time.perf_counter_ns() - started) / 1e6)
    return taken


def start_node():
    return subprocess.Popen(NODE, env=peers.ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)


def check_version(process):
    output, _ = process.communicate()
    if process.returncode != 0 or not output.startswith(b"v"):
        raise RuntimeError(f"node -v ended with status {process.returncode}")


def measure_commands(service):
    """Seconds for all, and milliseconds of each, of sandboxes that run `node -v`."""
    visits = [Visit(service) for _ in range(COMMANDS)]
    turns = {"bare_in_turn": bare_in_turn, "in_turn": lambda: visits_in_turn(visits),
             "bare_at_once": bare_at_once, "at_once": lambda: visits_at_once(visits)}
    measured = {}
    for name, turn in turns.items():
        started = time.perf_counter()
        taken = turn()
        measured[name] = {**samples.summary(taken), "seconds": time.perf_counter() - started}
    for visit in visits:
        visit.client.close()
    return measured


def measure_idle(binary, counts):
    """Milliseconds of a run beside so many idle stateful sandboxes; ends early when there is no time or room for more."""
    measured, sandboxes = {}, []
    with server.Server(binary, settings=SETTINGS) as service:
        client = service.client()
        calls = latency.OutpostCalls(client, latency.Steps())
        deadline = time.monotonic() + IDLE_SECONDS
        for count in counts:
            while len(sandboxes) < count and time.monotonic() < deadline and has_room():
                sandboxes.append(client.create("stateful").decoded()["id"])
                latency.check_execution(calls.run_in(sandboxes[-1]))
            if len(sandboxes) < count:
                measured["ended"] = f"{len(sandboxes)} sandboxes after {IDLE_SECONDS} s or for want of memory"
                break
            time.sleep(1)
            times = latency.measure([calls.execute, calls.exec], IDLE_RUNS)
            measured[str(count)] = times.summaries()
        for sandbox in sandboxes:
            client.delete(sandbox)
        calls.close()
        client.close()
    return measured


def has_room():
    return memory.meminfo()["MemAvailable"] > (2 << 30) + SANDBOX_BYTES
