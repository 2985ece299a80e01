# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Many sandboxes: made for one short command each, and idle beside one that is used."""
import contextlib
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
LONG_IDLE_COUNTS = (*IDLE_COUNTS, 5000)
IDLE_RUNS = 60
# What making and measuring them may take, for each of the most.
IDLE_SECONDS = 0.15
# They stay up for as long as this is measured.
SETTINGS = {"unload_after_secs": 86400, "slots": 8192, "idle_timeout_secs": 3600}
DISK_MB = 8
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
    """Milliseconds of a run beside so many idle stateful sandboxes, and, in the same rounds, beside one on another server:
    the machine of a minute ago is no measure. Ends early when there is no time or room for more."""
    measured = {}
    with contextlib.ExitStack() as stack:
        crowded, alone = (Neighbours(stack, binary) for _ in range(2))
        seconds = IDLE_SECONDS * max(counts)
        deadline = time.monotonic() + seconds
        alone.fill(1, deadline)
        for count in counts:
            crowded.fill(count, deadline)
            if len(crowded.sandboxes) < count:
                measured["ended"] = f"{len(crowded.sandboxes)} of {count}, after {seconds:.0f} s or for want of memory"
                break
            time.sleep(1)
            measured[str(count)] = latency.measure(
                [*crowded.contestants(""), *alone.contestants("one_")], IDLE_RUNS).summaries()
        crowded.leave()
    return measured


class Neighbours:
    """A server with idle stateful sandboxes, and the calls that are measured beside them."""

    def __init__(self, stack, binary):
        self.client = stack.enter_context(server.Server(binary, settings=SETTINGS)).client()
        stack.callback(self.client.close)
        self.calls = latency.OutpostCalls(self.client, latency.Steps())
        self.sandboxes = []

    def fill(self, count, deadline):
        """Makes sandboxes and uses each once, so that it is up, until there are `count`, no time or no room."""
        while len(self.sandboxes) < count and time.monotonic() < deadline and has_room():
            # The server keeps room for all that a disk that is mounted may hold, and unloads others when there is none.
            self.sandboxes.append(self.client.create("stateful", disk_mb=DISK_MB).decoded()["id"])
            latency.check_execution(self.calls.run_in(self.sandboxes[-1]))

    def contestants(self, prefix):
        calls = (self.calls.execute, self.calls.exec)
        return [lambda call=call: {prefix + name: value for name, value in call().items()} for call in calls]

    def leave(self):
        for sandbox in self.sandboxes:
            self.client.delete(sandbox)


def has_room():
    return memory.meminfo()["MemAvailable"] > (2 << 30) + SANDBOX_BYTES
