# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Full load for minutes: whether rate, latency, memory and descriptors stay where they were."""
import os
import statistics
import time

import load
import memory
import throughput

SLICE_SECONDS = 10
# The first slices fill the pools and the allocators' free lists.
WARM_UP_SLICES = 1


def measure(service, before, minutes):
    """One reading a slice. Memory and descriptors are read between slices, when no run is under way."""
    meter = memory.Meter(service.process.pid, before)
    slices = []
    load.run(service, throughput.CLIENTS, WARM_UP_SLICES * SLICE_SECONDS)
    for _ in range(max(4, round(minutes * 60 / SLICE_SECONDS))):
        figures = load.run(service, throughput.CLIENTS, SLICE_SECONDS)
        time.sleep(1)
        slices.append({**figures, **held(meter, service.process.pid)})
    return {"minutes": len(slices) * SLICE_SECONDS / 60, "slices": slices}


def held(meter, process_id):
    """Proportional memory and open descriptors of the server and its spawner."""
    processes = memory.running()
    namespace = processes[process_id][2]
    members = [pid for pid in memory.family(process_id, processes, meter.before) if processes[pid][2] == namespace]
    return {"pss": sum(memory.rollup(pid)["pss"] for pid in members),
            "descriptors": sum(descriptors(pid) for pid in members)}


def descriptors(pid):
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0  # it ended meanwhile


def thirds(slices, name):
    """The median of the first third and that of the last."""
    third = max(1, len(slices) // 3)
    return median(slices[:third], name), median(slices[-third:], name)


def median(slices, name):
    return statistics.median(piece[name] for piece in slices)
