# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Measures Outpost against bare Python, bubblewrap and runc, in one run on one machine.

usage: outpost_bench.py [--write-docs] [--peers-only] [--skip-memory] [--teardown-only]

Environment: OUTPOST_BINARY (default build/outpost), ROUNDS (default 200). Writes bench/results.json and prints
Markdown; --write-docs also puts it between the bench markers of docs/benchmarks.md and README.md.
"""
import argparse
import contextlib
import datetime
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile

import latency
import memory
import peers
import report
import server
import teardown
import throughput

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results.json"
DOCUMENTS = (ROOT / "docs" / "benchmarks.md", ROOT / "README.md")
# Below this, a p99 says nothing.
LEAST_ROUNDS = 100


def conditions(rounds):
    """What the figures depend on, read before the run."""
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True,
                            check=False).stdout.strip()
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
        "cores": os.cpu_count(),
        "processor": processor(),
        "memory_gib": round(memory.meminfo()["MemTotal"] / (1 << 30)),
        "kernel": platform.release(),
        "cgroup": cgroup_version(),
        "python": f"Python {platform.python_version()}",
        "commit": commit or "unknown",
        "rounds": rounds,
        "load": f"{os.getloadavg()[0]:.2f}",
    }


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def cgroup_version():
    if pathlib.Path("/sys/fs/cgroup/cgroup.controllers").exists():
        return "v2"
    return "hybrid" if pathlib.Path("/sys/fs/cgroup/unified").exists() else "v1"


def measure_calls(competitors, service, rounds):
    """Latencies by series and the server's own steps; `service` is None for the peers alone."""
    contestants = latency.peer_contestants(competitors)
    steps = latency.Steps()
    if service is None:
        return latency.measure(contestants, rounds).summaries(), {}
    client = service.client()
    calls = latency.OutpostCalls(client, steps)
    contestants += calls.contestants()
    latency.measure(contestants, latency.WARM_UP_ROUNDS)
    steps.clear()
    measured = latency.measure(contestants, rounds).summaries()
    calls.close()
    client.close()
    return measured, steps.summaries()


def measure_memory(service, before, absent):
    if os.geteuid() != 0:
        absent["memory"] = "reading other processes' memory and dropping caches need root"
        return {}
    say("memory of the idle server and of %d idle stateful sandboxes" % memory.SANDBOX_COUNT)
    return {"memory": {**memory.measure(service, before), "count": memory.SANDBOX_COUNT}}


def measure_server(binary, competitors, loops, options):
    """Starts the server and measures it: memory first, while it is new, then calls, then many clients."""
    before = memory.running()
    absent = {}
    with server.Server(binary) as service:
        measured = {"start_ms": service.start_milliseconds}
        if not options.skip_memory:
            measured.update(measure_memory(service, before, absent))
        measured.update(measure_times(competitors, loops, service, options.rounds))
    measured.update(measure_teardown(binary, options, absent))
    return {**measured, "absent": absent}


def measure_teardown(binary, options, absent):
    reason = teardown.absence()
    if reason:
        absent["the end of a sandbox"] = reason
        return {}
    # The rounds of the families are those of a whole run, and fewer of a short one.
    share = min(1, options.rounds / LEAST_ROUNDS)
    say("the end of sandboxes with many processes")
    return {"teardown": teardown.measure(binary, share)}


def measure_times(competitors, loops, service, rounds):
    say(f"latencies, {rounds} rounds")
    calls, steps = measure_calls(competitors, service, rounds)
    say(f"throughput, {throughput.BOUTS} bouts of {throughput.RUNS_PER_BOUT} runs each")
    return {"latency": calls, "steps": steps, "throughput": throughput.measure(loops, competitors, service)}


def run(options):
    with tempfile.TemporaryDirectory(prefix="outpost-bench-", dir="/var/tmp") as directory:
        competitors = peers.peers(directory)
        if competitors[0].absence:
            sys.exit(f"bench: bare Python does not run: {competitors[0].absence}")
        facts = conditions(options.rounds)
        with contextlib.closing(throughput.ProcessLoops()) as loops:
            if options.peers_only:
                measured = {**measure_times(competitors, loops, None, options.rounds), "absent": {}}
            else:
                measured = measure_server(options.binary, competitors, loops, options)
    measured["absent"].update({peer.title: peer.absence for peer in competitors if peer.absence})
    return {"conditions": facts, "titles": report.titles(competitors), "clients": throughput.CLIENTS, **measured}


def write_documents(text):
    for path in DOCUMENTS:
        if report.replace_between_markers(path, text):
            say(f"wrote the tables into {path.relative_to(ROOT)}")
        else:
            say(f"{path.relative_to(ROOT)} has no bench markers: left alone")


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def arguments():
    parser = argparse.ArgumentParser(description="Measure Outpost against bare Python, bubblewrap and runc.")
    parser.add_argument("--write-docs", action="store_true", help="update docs/benchmarks.md and README.md")
    parser.add_argument("--peers-only", action="store_true", help="measure without the server")
    parser.add_argument("--skip-memory", action="store_true", help="do not measure memory")
    parser.add_argument("--teardown-only", action="store_true", help="only measure how sandboxes end")
    options = parser.parse_args()
    options.binary = os.environ.get("OUTPOST_BINARY") or str(ROOT / "build" / "outpost")
    options.rounds = int(os.environ.get("ROUNDS", "200"))
    if options.rounds < 1:
        parser.error("ROUNDS must be at least 1")
    if options.write_docs and (options.rounds < LEAST_ROUNDS or options.peers_only or options.skip_memory):
        parser.error(f"--write-docs needs a whole run of at least {LEAST_ROUNDS} rounds")
    if not options.peers_only and not os.access(options.binary, os.X_OK):
        parser.error(f"{options.binary} is not there; run make build, or set OUTPOST_BINARY")
    return options


def main():
    options = arguments()
    if options.teardown_only:
        print(report.teardown_table(teardown.measure(options.binary, min(1, options.rounds / LEAST_ROUNDS))))
        return
    results = run(options)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    say(f"wrote {RESULTS.relative_to(ROOT)}")
    text = report.document(results)
    steps = report.steps_table(results["steps"])
    text = "\n\n".join(part for part in (text, steps) if part)
    print(text)
    if options.rounds < LEAST_ROUNDS:
        say(f"fewer than {LEAST_ROUNDS} rounds: the p99 figures mean nothing")
    if options.write_docs:
        write_documents(text)


if __name__ == "__main__":
    main()
