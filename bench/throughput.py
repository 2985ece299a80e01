# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""How many runs a second: many clients at once on the server, as many bare loops as cores."""
import concurrent.futures
import multiprocessing
import os
import statistics
import time

import load
import peers
import samples

CLIENTS = 16
RUNS_PER_BOUT = 320
SECONDS_PER_BOUT = 3
# The contestants take turns, so that a slow minute of the machine hits all.
BOUTS = 3
SCALING_CLIENTS = (1, 2, 4, 8, 16, 32, 64)
SCALING_SECONDS = 2


def run_repeatedly(command, count):
    return [peers.run_once(command) for _ in range(count)]


class ProcessLoops:
    """As many processes as cores, each running one command in a loop."""

    def __init__(self):
        self.workers = os.cpu_count() or 1
        self.pool = concurrent.futures.ProcessPoolExecutor(self.workers, multiprocessing.get_context("fork"))
        # The workers are started now, outside of every measurement.
        list(self.pool.map(run_repeatedly, [peers.PYTHON] * self.workers, [1] * self.workers))

    def bout(self, peer):
        each = RUNS_PER_BOUT // peer.every // self.workers
        started = time.perf_counter()
        lists = self.pool.map(run_repeatedly, [peer.command] * self.workers, [each] * self.workers)
        taken = [milliseconds for values in lists for milliseconds in values]
        seconds = time.perf_counter() - started
        return {"count": len(taken), "seconds": seconds, "p50": statistics.median(taken),
                "p99": samples.percentile(taken, 99)}

    def close(self):
        self.pool.shutdown()


def summary(bouts):
    """Over all bouts: their rate, and the median bout's percentiles."""
    count, seconds = (sum(bout[name] for bout in bouts) for name in ("count", "seconds"))
    return {"count": count, "runs_per_second": count / seconds, "bouts": bouts,
            **{name: statistics.median(bout[name] for bout in bouts) for name in ("p50", "p99")}}


def measure(loops, competitors, service=None):
    """Bouts by contestant name; `service` may be None to measure the peers alone."""
    turns = {peer.name: lambda peer=peer: loops.bout(peer) for peer in competitors if not peer.absence}
    if service and not load.absence():
        load.run(service, CLIENTS, 1)
        turns["execute"] = lambda: load.run(service, CLIENTS, SECONDS_PER_BOUT)
    bouts = {name: [] for name in turns}
    for _ in range(BOUTS):
        for name, turn in turns.items():
            bouts[name].append(turn())
    return {name: summary(list_of_bouts) for name, list_of_bouts in bouts.items()}


def measure_scaling(service):
    """Rate and latency by number of clients."""
    return {str(clients): load.run(service, clients, SCALING_SECONDS) for clients in SCALING_CLIENTS}
