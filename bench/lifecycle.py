# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Calls on a sandbox that is up: a process, a pause, a snapshot, a fork, a kernel. All figures in milliseconds."""
import os
import time

import latency
import samples
import server

ROUNDS = 100
SNAPSHOT_ROUNDS = 15
SMALL_MB, LARGE_MB = 10, 5120
TRUE = "/usr/bin/true"
DISK_MB = 8192


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
    sandbox = Sandbox(client)
    kernel = sandbox.call("contexts", 201, {"language": "python"}).decoded()["id"]
    sandbox.call(f"contexts/{kernel}/exec", 200, {"code": "x = 1"})
    for _ in range(ROUNDS):
        time.sleep(latency.PAUSE)
        started = time.perf_counter_ns()
        process = sandbox.process()
        measured.add("process", (time.perf_counter_ns() - started) / 1e6)
        client.call("DELETE", f"{sandbox.path}/processes/{process}", 204)
        measured.add("spawn", timed(spawn))
        measured.add("kernel", sandbox.call(f"contexts/{kernel}/exec", 200, {"code": "x"}).milliseconds)
        measured.add("pause", sandbox.call("pause").milliseconds)
        measured.add("resume", sandbox.call("resume").milliseconds)
    sandbox.delete()
    client.close()
    return measured.summaries()


def measure_snapshots(service):
    """A snapshot and a fork of little and of much data that are on the disk."""
    client, measured = service.client(), samples.Samples()
    sandboxes = {}
    for name, mebibytes in (("small", SMALL_MB), ("large", LARGE_MB)):
        sandboxes[name] = Sandbox(client, disk_mb=DISK_MB, timeout_secs=300)
        sandboxes[name].run(f"head -c {mebibytes << 20} /dev/urandom > data; sync")
    for _ in range(SNAPSHOT_ROUNDS):
        for name, sandbox in sandboxes.items():
            time.sleep(latency.PAUSE)
            snapshot = sandbox.call("snapshot", 201, {"name": "bench"})
            measured.add(f"snapshot_{name}", snapshot.milliseconds)
            forked = sandbox.call("fork", 201, {"count": 1})
            measured.add(f"fork_{name}", forked.milliseconds)
            client.call("DELETE", f"{server.SANDBOXES}/snapshots/{snapshot.decoded()['id']}", 204)
            for fork in forked.decoded()["data"]:
                client.delete(fork["id"])
    for sandbox in sandboxes.values():
        sandbox.delete()
    client.close()
    return measured.summaries()
