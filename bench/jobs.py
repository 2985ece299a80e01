# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Jobs: how many are taken and end a second, what one costs beside a plain run, and what a long queue costs."""
import contextlib
import random
import re
import time

import latency
import load
import memory
import samples
import server
import soak
import throughput

JOBS = f"{server.SANDBOXES}/jobs"
QUEUED = '"status":"queued"'
# A server that only takes jobs, and keeps no sandboxes ready for them.
TAKING = {"jobs": "{workers: 0}", "pool": "{ceiling: 0}"}
BATCH = 100
SECONDS_PER_BOUT = 2
# At one time submitted, and waited for until the last has ended.
FINISHED_PER_BOUT = 400
WAIT_SECONDS = 60
# Between two calls on an idle server: what the one before has left to do is done.
REST = 0.02
IDLE_SHARE = 3
# Between two looks at how many have ended, once the last that was submitted has.
LOOK = 0.002
LARGEST_BATCH = 1000
QUEUE_LENGTHS = (0, 50_000, 100_000)
WARM_UP_LENGTH = 3 * LARGEST_BATCH
# Of rounds beside a long queue to those of a run: one takes a few milliseconds, and a p99 wants many.
ROUNDS_BESIDE_QUEUE = 10
ENDED = re.compile(r"^outpost_jobs_ended_total\{[^}]*\} (\S+)$", re.MULTILINE)


def measure(binary, rounds):
    """What is measured of jobs, by kind; milliseconds, jobs a second, and bytes."""
    with server.Server(binary) as service, contextlib.closing(service.client()) as client:
        idle = measure_idle(client, rounds)
        finished = measure_finished(service, client)
    return {"taken": measure_taken(binary), "finished": finished, "idle": idle, **measure_queue(binary, rounds)}


def measure_taken(binary):
    """Jobs a second that are on the disk and answered, one by one and in batches."""
    with server.Server(binary, settings=TAKING) as service:
        return {"single": taken(service, "jobs", load.BODY, 1),
                "batch": taken(service, "jobs/batch", {"jobs": [load.BODY] * BATCH}, BATCH)}


def taken(service, path, body, jobs_per_call):
    load.run(service, throughput.CLIENTS, 1, body, QUEUED, path, 201)
    bouts = [load.run(service, throughput.CLIENTS, SECONDS_PER_BOUT, body, QUEUED, path, 201)
             for _ in range(throughput.BOUTS)]
    figures = throughput.summary(bouts)
    return {**figures, "jobs_per_second": figures["runs_per_second"] * jobs_per_call}


def measure_finished(service, client):
    """Jobs that end a second, and runs by `execute`, in turns."""
    load.run(service, throughput.CLIENTS, 1)
    bouts = {"jobs": [], "execute": []}
    for _ in range(throughput.BOUTS):
        bouts["jobs"].append(finish_many(client))
        bouts["execute"].append(load.run(service, throughput.CLIENTS, throughput.SECONDS_PER_BOUT))
    count, seconds = (sum(bout[name] for bout in bouts["jobs"]) for name in ("count", "seconds"))
    return {"jobs": {"count": count, "jobs_per_second": count / seconds, "bouts": bouts["jobs"]},
            "execute": throughput.summary(bouts["execute"])}


def finish_many(client):
    """The time runs from before their submission until the server says that all have ended."""
    before = ended(client)
    started = time.perf_counter()
    ids = submit_batch(client, FINISHED_PER_BOUT)
    wait(client, ids[-1])
    deadline = time.monotonic() + WAIT_SECONDS
    while (count := ended(client) - before) < FINISHED_PER_BOUT:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{count:.0f} of {FINISHED_PER_BOUT} jobs had ended {WAIT_SECONDS} s after the last one")
        time.sleep(LOOK)
    seconds = time.perf_counter() - started
    for job in ids:
        check_succeeded(client.call("GET", f"{JOBS}/{job}", 200))
    time.sleep(load.REST)
    return {"count": FINISHED_PER_BOUT, "seconds": seconds}


def ended(client):
    """How many jobs have ended since the server started."""
    return sum(map(float, ENDED.findall(client.call("GET", "/metrics", 200).body.decode())))


def submit_batch(client, count):
    """Their ids, in their order."""
    reply = client.call("POST", f"{JOBS}/batch", 201, {"jobs": [load.BODY] * count})
    ids = [job["id"] for job in reply.decoded()["data"]]
    if len(ids) != count:
        raise RuntimeError(f"{len(ids)} of {count} jobs were taken")
    return ids


def wait(client, job):
    return client.call("GET", f"{JOBS}/{job}?wait_secs={WAIT_SECONDS}", 200)


def check_succeeded(reply):
    job = reply.decoded()
    if job["status"] != "succeeded" or job["result"]["stdout"] != "4\n":
        raise RuntimeError(f"a job went wrong: {reply.body[:500].decode(errors='replace')}")


def measure_idle(client, rounds):
    """Milliseconds from a job's submission to its end, and of a plain run, in turns on an otherwise idle server."""
    contestants = [lambda: {"job": one_job(client)}, lambda: {"execute": one_run(client)}]
    latency.measure(contestants, latency.WARM_UP_ROUNDS)
    # A p99 of a hundred calls is one of two outliers of the disk.
    return latency.measure(contestants, IDLE_SHARE * rounds).summaries()


def one_job(client):
    time.sleep(REST)
    started = time.perf_counter_ns()
    submitted = client.call("POST", JOBS, 201, load.BODY)
    reply = wait(client, submitted.decoded()["id"])
    milliseconds = (time.perf_counter_ns() - started) / 1e6
    check_succeeded(reply)
    return milliseconds


def one_run(client):
    time.sleep(REST)
    reply = client.call("POST", f"{server.SANDBOXES}/execute", 200, load.BODY)
    latency.check_execution(reply)
    return reply.milliseconds


def measure_queue(binary, rounds):
    """Memory of a server as its queue fills; then calls there and, in the same rounds, on one without a queue."""
    with contextlib.ExitStack() as stack:
        present = memory.running()
        full = Queue(stack, binary)
        # Its first calls, not its jobs, make a new server's heap.
        full.fill(WARM_UP_LENGTH)
        full.clear()
        # Before the other one starts: two servers share their code, and each would show half of it.
        held = full.memory_as_it_fills(memory.Meter(full.service.process.pid, present))
        queues = {"empty": Queue(stack, binary), "full": full}
        in_turns(queues, latency.WARM_UP_ROUNDS * ROUNDS_BESIDE_QUEUE)
        return {"queue": in_turns(queues, rounds * ROUNDS_BESIDE_QUEUE), "memory": held}


def in_turns(queues, rounds):
    """Both servers once a round, each of them as often the first."""
    measured, order = samples.Samples(), random.Random(0)
    for _ in range(rounds):
        for name in order.sample(list(queues), len(queues)):
            for call, milliseconds in queues[name].one_round(order).items():
                measured.add(f"{call}_{name}", milliseconds)
    return measured.summaries()


class Queue:
    """A server that only takes jobs, the jobs that wait there, and one connection to it."""

    def __init__(self, stack, binary):
        self.service = stack.enter_context(server.Server(binary, settings=TAKING))
        self.client = stack.enter_context(contextlib.closing(self.service.client()))
        self.waiting = []

    def fill(self, length):
        while (missing := length - len(self.waiting)) > 0:
            self.waiting += submit_batch(self.client, min(LARGEST_BATCH, missing))

    def one_round(self, order):
        """Submits a job and asks for any one that waits; leaves the queue as long as it was."""
        submitted = self.client.call("POST", JOBS, 201, load.BODY)
        job = submitted.decoded()["id"]
        polled = self.client.call("GET", f"{JOBS}/{order.choice(self.waiting) if self.waiting else job}", 200)
        if (status := polled.decoded()["status"]) != "queued":
            raise RuntimeError(f"a job is {status} on a server that runs none")
        self.client.call("DELETE", f"{JOBS}/{job}", 200)
        return {"submit": submitted.milliseconds, "poll": polled.milliseconds}

    def clear(self):
        for job in self.waiting:
            self.client.call("DELETE", f"{JOBS}/{job}", 200)
        self.waiting = []

    def memory_as_it_fills(self, meter):
        """Proportional memory by how many wait."""
        held = {}
        for length in QUEUE_LENGTHS:
            self.fill(length)
            # The server is at rest.
            time.sleep(1)
            held[str(length)] = soak.held(meter, self.service.process.pid)["pss"]
        return held
