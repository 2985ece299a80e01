# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""How long one call takes: every contestant once a round, all in one run."""
import collections
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
}


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
        body = {"language": "python", "code": peers.PROGRAM}
        reply = self.client.call("POST", f"{server.SANDBOXES}/execute", 200, body)
        return self.checked_run("execute", reply)

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
        return self.client.call("POST", f"{server.SANDBOXES}/{sandbox}/exec", 200, {"code": peers.PROGRAM})

    def checked_run(self, name, reply):
        check_execution(reply)
        self.steps.note(name, reply)
        return {name: reply.milliseconds}

    def contestants(self):
        return [self.healthz, self.execute, self.exec, lambda: self.create_and_delete("ephemeral"),
                lambda: self.create_and_delete("stateful")]


def check_execution(reply):
    execution = reply.decoded()
    if execution["status"] != "succeeded" or execution["stdout"].encode() != peers.EXPECTED:
        raise RuntimeError(f"a run went wrong: {reply.body[:500].decode(errors='replace')}")


def peer_contestants(competitors):
    return [lambda peer=peer: {peer.name: peers.run_once(peer.command)} for peer in competitors if not peer.absence]


def measure(contestants, rounds):
    """Runs each contestant once a round, in an order that changes from round to round."""
    measured, order = samples.Samples(), random.Random(0)
    for _ in range(rounds):
        for contestant in order.sample(contestants, len(contestants)):
            time.sleep(PAUSE)
            measured.update(contestant())
    return measured
