# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""How many runs a second: many clients at once on the server, as many bare loops as cores."""
import concurrent.futures
import multiprocessing
import os
import threading
import time

import latency
import peers
import samples
import server

CLIENTS = 16
RUNS_PER_BOUT = 320
# The two take turns, so that a slow minute of the machine hits both.
BOUTS = 4


def run_repeatedly(command, count):
    return [peers.run_once(command) for _ in range(count)]


class Bouts:
    """Wall time and latencies of several bouts of one contestant."""

    def __init__(self):
        self.seconds = 0.0
        self.latencies = []

    def add(self, bout):
        started = time.perf_counter()
        self.latencies += bout()
        self.seconds += time.perf_counter() - started

    def summary(self):
        result = samples.summary(self.latencies)
        result["runs_per_second"] = result["count"] / self.seconds
        return result


class ProcessLoops:
    """As many processes as cores, each running one command in a loop."""

    def __init__(self):
        self.workers = os.cpu_count() or 1
        self.pool = concurrent.futures.ProcessPoolExecutor(self.workers, multiprocessing.get_context("fork"))
        # The workers are started now, outside of every measurement.
        list(self.pool.map(run_repeatedly, [peers.PYTHON] * self.workers, [1] * self.workers))

    def bout(self, command):
        each = RUNS_PER_BOUT // self.workers
        lists = self.pool.map(run_repeatedly, [command] * self.workers, [each] * self.workers)
        return [milliseconds for values in lists for milliseconds in values]

    def close(self):
        self.pool.shutdown()


class HTTPClients:
    """Threads with a connection each, all sending `execute` at once."""

    def __init__(self, service):
        self.clients = [service.client() for _ in range(CLIENTS)]
        self.pool = concurrent.futures.ThreadPoolExecutor(CLIENTS)

    def bout(self):
        start = threading.Barrier(CLIENTS)
        lists = self.pool.map(lambda client: self.execute_repeatedly(client, start), self.clients)
        return [milliseconds for values in lists for milliseconds in values]

    def execute_repeatedly(self, client, start):
        body = {"language": "python", "code": peers.PROGRAM}
        start.wait()
        replies = [client.call("POST", f"{server.SANDBOXES}/execute", 200, body)
                   for _ in range(RUNS_PER_BOUT // CLIENTS)]
        for reply in replies:
            latency.check_execution(reply)
        return [reply.milliseconds for reply in replies]

    def close(self):
        self.pool.shutdown()
        for client in self.clients:
            client.close()


def measure(loops, competitors, service=None):
    """Bouts by contestant name; `service` may be None to measure the peers alone."""
    turns = {peer.name: lambda peer=peer: loops.bout(peer.command) for peer in competitors if not peer.absence}
    clients = HTTPClients(service) if service else None
    if clients:
        clients.bout()
        turns["execute"] = clients.bout
    bouts = {name: Bouts() for name in turns}
    for _ in range(BOUTS):
        for name, turn in turns.items():
            bouts[name].add(turn)
    if clients:
        clients.close()
    return {name: bout.summary() for name, bout in bouts.items()}
