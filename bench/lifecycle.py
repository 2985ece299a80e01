# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Calls on a sandbox that is up: a process, a pause, a snapshot, a fork, a kernel. All figures in milliseconds."""
import os
import time

import latency
import samples
import server

ROUNDS = 100
SMALL_ROUNDS, LARGE_ROUNDS = 15, 3
SMALL_MB, LARGE_MB = 10, 5120
# Random bytes are written again and again, because making them takes longer than writing them.
BLOCK_MB = 10
TRUE = "/usr/bin/true"
DISK_MB = 8192
RUN_LIMIT_MS = 600_000


def timed(action):
    started = time.perf_counter_ns()
    action()
    return (time.perf_counter_ns() - started) / 1e6


def spawn():
    pid = os.posix_spawn(TRUE, [TRUE], {}, file_actions=[])
    _, status = os.waitpid(pid, 0)
    if status != 0:
        raise RuntimeError(f"{TRUE} ended with wait status {status}")


class Sandbox:
    """One stateful sandbox that is up, by its path."""

    def __init__(self, client, **limits):
        self.client = client
        self.path = f"{server.SANDBOXES}/{client.create('stateful', **limits).decoded()['id']}"
        self.run("true")

    def run(self, command):
        reply = self.client.call("POST", f"{self.path}/exec", 200, {"command": ["sh", "-c", command]})
        if reply.decoded()["status"] != "succeeded":
            raise RuntimeError(reply.body[:500])

    def process(self):
        """Starts a process and waits for its end."""
        started = self.client.call("POST", f"{self.path}/processes", 201, {"command": [TRUE]}).decoded()
        ended = self.client.call("GET", f"{self.path}/processes/{started['id']}?wait_secs=60", 200).decoded()
        if ended["exit_code"] != 0:
            raise RuntimeError(ended)
        return started["id"]

    def call(self, verb, status=200, body=None):
        return self.client.call("POST", f"{self.path}/{verb}", status, body)

    def delete(self):
        self.client.call("DELETE", self.path, 204)


def measure_calls(service):
    """A process from its start to its end, a pause and its end, and the value of a variable in a kernel."""
    client, measured = service.client(), samples.Samples()
    # Beside a kernel a process would get a mount namespace of its own.
    alone, sandbox = Sandbox(client), Sandbox(client)
    kernel = sandbox.call("contexts", 201, {"language": "python"}).decoded()["id"]
    sandbox.call(f"contexts/{kernel}/exec", 200, {"code": "x = 1"})
    for _ in range(ROUNDS):
        time.sleep(latency.PAUSE)
        started = time.perf_counter_ns()
        process = alone.process()
        measured.add("process", (time.perf_counter_ns() - started) / 1e6)
        client.call("DELETE", f"{alone.path}/processes/{process}", 204)
        measured.add("spawn", timed(spawn))
        measured.add("kernel", sandbox.call(f"contexts/{kernel}/exec", 200, {"code": "x"}).milliseconds)
        measured.add("pause", sandbox.call("pause").milliseconds)
        measured.add("resume", sandbox.call("resume").milliseconds)
    alone.delete()
    sandbox.delete()
    client.close()
    return measured.summaries()


def measure_snapshots(service):
    """A snapshot and a fork of little and of much data that are on the disk of a sandbox that is up."""
    client, measured = service.client(), samples.Samples()
    for name, mebibytes, rounds in (("small", SMALL_MB, SMALL_ROUNDS), ("large", LARGE_MB, LARGE_ROUNDS)):
        for _ in range(rounds):
            # Only the first one of a sandbox has all data on the sandbox's own disk.
            with_data(client, mebibytes, lambda sandbox: measured.add(f"snapshot_{name}", snapshot(client, sandbox)))
            with_data(client, mebibytes, lambda sandbox: measured.add(f"fork_{name}", fork(client, sandbox)))
    client.close()
    return measured.summaries()


def with_data(client, mebibytes, action):
    sandbox = Sandbox(client, disk_mb=DISK_MB, timeout_ms=RUN_LIMIT_MS)
    try:
        sandbox.run(f"head -c {BLOCK_MB << 20} /dev/urandom > /tmp/block; "
                    f"for i in $(seq {mebibytes // BLOCK_MB}); do cat /tmp/block; done > data; sync")
        time.sleep(latency.PAUSE)
        action(sandbox)
    finally:
        sandbox.delete()


def snapshot(client, sandbox):
    made = sandbox.call("snapshot", 201, {"name": "bench"})
    client.call("DELETE", f"{server.SANDBOXES}/snapshots/{made.decoded()['id']}", 204)
    return made.milliseconds


def fork(client, sandbox):
    made = sandbox.call("fork", 201, {"count": 1})
    for one in made.decoded()["data"]:
        client.delete(one["id"])
    return made.milliseconds
