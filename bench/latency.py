# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""How long one call takes: every contestant once a round, all in one run."""
import collections
import itertools
import os
import random
import time

import peers
import samples
import server

WARM_UP_ROUNDS = 10
# Between two measurements: nobody pays for the cleanup, or for the building ahead, of the one before.
PAUSE = 0.005

TITLES = {
    "healthz": "`GET /healthz`: HTTP alone",
    "execute": "Outpost `execute`, ephemeral, over HTTP",
    "exec": "Outpost `exec` in a stateful sandbox, over HTTP",
    "create_ephemeral": "Outpost create, ephemeral",
    "create_stateful": "Outpost create, stateful",
    "delete_ephemeral": "Outpost delete, ephemeral, after one run",
    "delete_stateful": "Outpost delete, stateful, after one run",
    "bare_node": "bare `node -e`, no sandbox",
    "execute_node": "Outpost `execute` of Node, ephemeral, over HTTP",
    "bare_in_a_row": "bare `python3 -c`, one right after the other",
    "execute_in_a_row": "Outpost `execute`, ephemeral, one right after the other",
}
NODE_CODE = "console.log(2+2)"
NODE = ["/usr/bin/node", "-e", NODE_CODE]
# Runs without a pause, in turns of each contestant.
ROW_BOUTS = 5
ROW_LENGTH = 40


class Steps:
    """Milliseconds by call and step, from the server's own `Server-Timing` headers."""

    def __init__(self):
        self.calls = collections.defaultdict(samples.Samples)

    def note(self, call, reply):
        for metric in reply.server_timing.split(","):
            name, *parameters = (part.strip() for part in metric.split(";"))
            for parameter in parameters:
                key, _, value = parameter.partition("=")
                if key == "dur":
                    self.calls[call].add(name, float(value.strip('"')))

    def clear(self):
        self.calls.clear()

    def summaries(self):
        return {call: steps.summaries() for call, steps in self.calls.items()}


class OutpostCalls:
    """The measured calls; one stateful sandbox lives as long as this does."""

    def __init__(self, client, steps):
        self.client = client
        self.steps = steps
        self.sandbox = client.create("stateful").decoded()["id"]

    def close(self):
        self.client.delete(self.sandbox)

    def healthz(self):
        return {"healthz": self.client.call("GET", "/healthz", 200).milliseconds}

    def execute(self):
        return self.checked_run("execute", self.client.execute("python", peers.PROGRAM, timing=True))

    def execute_node(self):
        return self.checked_run("execute_node", self.client.execute("node", NODE_CODE, timing=True))

    def exec(self):
        return self.checked_run("exec", self.run_in(self.sandbox))

    def create_and_delete(self, mode):
        """Runs the program once between the two, so that the delete has something to take down."""
        created = self.client.create(mode)
        sandbox = created.decoded()["id"]
        self.checked_run("exec_first", self.run_in(sandbox))
        time.sleep(PAUSE)
        deleted = self.client.delete(sandbox)
        self.steps.note(f"create_{mode}", created)
        self.steps.note(f"delete_{mode}", deleted)
        return {f"create_{mode}": created.milliseconds, f"delete_{mode}": deleted.milliseconds}

    def run_in(self, sandbox):
        return self.client.call(
            "POST", f"{server.SANDBOXES}/{sandbox}/exec", 200, {"code": peers.PROGRAM}, timing=True)

    def checked_run(self, name, reply):
        check_execution(reply)
        self.steps.note(name, reply)
        return {name: reply.milliseconds}

    def contestants(self):
        node = [self.execute_node, bare_node] if os.access(NODE[0], os.X_OK) else []
        return [self.healthz, self.execute, self.exec, lambda: self.create_and_delete("ephemeral"),
                lambda: self.create_and_delete("stateful"), *node]


def bare_node():
    return {"bare_node": peers.run_once(NODE)}


def check_execution(reply):
    execution = reply.decoded()
    if execution["status"] != "succeeded" or execution["stdout"].encode() != peers.EXPECTED:
        raise RuntimeError(f"a run went wrong: {reply.body[:500].decode(errors='replace')}")


def peer_contestants(competitors):
    return [turns_of(peer) for peer in competitors if not peer.absence]


def turns_of(peer):
    rounds = itertools.count()
    return lambda: {peer.name: peers.run_once(peer.command)} if next(rounds) % peer.every == 0 else {}


def measure(contestants, rounds):
    """Runs each contestant once a round, in an order that changes from round to round."""
    measured, order = samples.Samples(), random.Random(0)
    for _ in range(rounds):
        for contestant in order.sample(contestants, len(contestants)):
            time.sleep(PAUSE)
            measured.update(contestant())
    return measured


def measure_in_a_row(client):
    """Milliseconds of runs that follow each other at once: a sandbox that is kept ready must be made meanwhile."""
    measured = samples.Samples()
    for _ in range(ROW_BOUTS):
        for _ in range(ROW_LENGTH):
            measured.add("bare_in_a_row", peers.run_once(peers.PYTHON))
        for _ in range(ROW_LENGTH):
            reply = client.execute("python", peers.PROGRAM)
            check_execution(reply)
            measured.add("execute_in_a_row", reply.milliseconds)
    return measured.summaries()
