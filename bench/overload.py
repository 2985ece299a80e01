# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""More clients than runs are admitted: who is turned away hears it at once, who is not gets an answer, nothing is left."""
import contextlib
import selectors
import time

import memory
import peers
import samples
import server
import soak

CLIENTS = 128
ADMITTED = 16
SECONDS = 30
LONG_SECONDS = 180
# Who is turned away comes back so much later: sooner than `Retry-After` asks, later than a loop that only heats the cores.
PAUSE = 0.05
BODY = {"language": "python", "code": peers.PROGRAM}


class Visitor:
    """One client that asks again and again, until nobody wants it to."""

    def __init__(self, service):
        self.client = service.client()
        self.due = 0.0

    def ask(self):
        self.client.send("POST", f"{server.SANDBOXES}/execute", BODY)

    def hear(self, measured):
        # A namespace that has its share hears 429, when the server as a whole is full 503.
        reply = self.client.receive(200, 429, 503)
        is_refused = reply.status != 200
        measured.add("503" if is_refused else "200", reply.milliseconds)
        if reply.status == 200 and reply.decoded()["stdout"].encode() != peers.EXPECTED:
            raise RuntimeError(f"a run went wrong: {reply.body[:500].decode(errors='replace')}")
        if is_refused and not reply.retry_after:
            raise RuntimeError("a refusal does not say when to come back")
        self.due = time.monotonic() + (PAUSE if is_refused else 0)


def measure(binary, seconds):
    """How many answers of each status, their milliseconds, and what the server held before and after."""
    present = memory.running()
    with server.Server(binary, settings={"max_concurrent_runs": ADMITTED}) as service:
        crowd(service, min(5, seconds))
        before = at_rest(service, present)
        measured = crowd(service, seconds)
        after = at_rest(service, present)
    milliseconds = {status: {name: value for name, value in summary.items() if name != "samples"}
                    for status, summary in measured.summaries().items()}
    return {"clients": CLIENTS, "admitted": ADMITTED, "seconds": seconds, "answers": milliseconds,
            "before": before, "after": after}


def crowd(service, seconds):
    """Raises at an answer that is neither right nor a refusal, and at one that does not come."""
    measured = samples.Samples()
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as selector:
        resting = [Visitor(service) for _ in range(CLIENTS)]
        for visitor in resting:
            stack.callback(visitor.client.close)
        end = time.monotonic() + seconds
        while time.monotonic() < end or selector.get_map():
            now = time.monotonic()
            for visitor in [visitor for visitor in resting if visitor.due <= now < end]:
                visitor.ask()
                selector.register(visitor.client.socket, selectors.EVENT_READ, visitor)
                resting.remove(visitor)
            for key, _ in selector.select(PAUSE):
                selector.unregister(key.fileobj)
                key.data.hear(measured)
                resting.append(key.data)
    return measured


def at_rest(service, present):
    """Descriptors, processes and memory of the server and its spawner, when no run is under way."""
    time.sleep(2)
    meter = memory.Meter(service.process.pid, present)
    return {**soak.held(meter, service.process.pid), "processes": meter.processes()["server"]["processes"]}
