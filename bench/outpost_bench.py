# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Measures Outpost against bare programs, bubblewrap, runc and runsc, in one run on one machine.

usage: outpost_bench.py [--write-docs] [--plots] [--long] [--minutes N] [--only PART,...] [--peers-only]

Environment: OUTPOST_BINARY (default build/outpost), ROUNDS (default 120). Writes bench/results.json and prints
Markdown; --write-docs also puts it between the bench markers of docs/benchmarks.md and README.md, --plots draws
docs/benchmarks/*.svg. A part that fails is named with its reason, and the others go on.
"""
import argparse
import contextlib
import datetime
import json
import os
import pathlib
import platform
import signal
import subprocess
import sys
import tempfile
import time
import traceback

import crowd
import families
import idle_streams
import jobs
import latency
import lifecycle
import live
import load
import memory
import overload
import peers
import plots
import report
import server
import soak
import teardown
import terminals
import throughput
import transfers

ROOT = pathlib.Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results.json"
PLOTS = ROOT / "docs" / "benchmarks"
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


class Parts:
    """What is measured, part by part. One that fails or can't be measured here is noted, and the next goes on."""

    def __init__(self, wanted):
        self.wanted = wanted
        self.results = {}
        self.absent = {}

    def measure(self, name, title, action, absence=None):
        """Puts what `action` returns under `name`; `absence` is a reason not to try."""
        if self.wanted and name not in self.wanted:
            return
        if absence:
            say(f"{title}: not measured: {absence}")
            self.absent[title] = absence
            return
        say(title)
        started = time.monotonic()
        try:
            self.results[name] = action()
        except Exception as error:  # whatever goes wrong in one part must not lose the others
            traceback.print_exc()
            self.absent[title] = f"it failed: {error}"
        say(f"{title}: {time.monotonic() - started:.0f} s")


def measure_latency(parts, competitors, service, rounds):
    """Latencies by series and the server's own steps; `service` is None for the peers alone."""
    contestants = latency.peer_contestants(competitors)
    if service is None:
        return latency.measure(contestants, rounds).summaries()
    steps, client = latency.Steps(), service.client()
    with contextlib.closing(client), contextlib.closing(latency.OutpostCalls(client, steps)) as calls:
        contestants += calls.contestants()
        latency.measure(contestants, latency.WARM_UP_ROUNDS)
        steps.clear()
        measured = latency.measure(contestants, rounds).summaries()
        measured.update(latency.measure_in_a_row(client))
    parts.results["steps"] = steps.summaries()
    return measured


def measure_server(parts, competitors, loops, options):
    """One server, new for its memory and then under load; the parts that need another one start it."""
    binary, before = options.binary, memory.running()
    with server.Server(binary) as service:
        parts.results["start_ms"] = service.start_milliseconds
        parts.measure("memory", "memory of the idle server and its sandboxes",
                      lambda: {**memory.measure(service, before), "count": memory.SANDBOX_COUNT}, root_absence())
        parts.measure("latency", "one call at a time",
                      lambda: measure_latency(parts, competitors, service, options.rounds))
        parts.measure("throughput", "many at once", lambda: throughput.measure(loops, competitors, service))
        parts.measure("scaling", "clients", lambda: throughput.measure_scaling(service), load.absence())
        for compiled in families.COMPILED:
            parts.measure(compiled.language, f"build and run of {compiled.language}",
                          lambda compiled=compiled: families.measure_compiled(service, compiled), compiled.absence())
        parts.measure("commands", "sandboxes for `node -v`", lambda: crowd.measure_commands(service), crowd.absence())
        parts.measure("soak", f"full load for {options.minutes:g} minutes",
                      lambda: soak.measure(service, before, options.minutes), load.absence() or root_absence())
        measure_live(parts, service)
    seconds = overload.LONG_SECONDS if options.long else overload.SECONDS
    parts.measure("overload", f"{overload.CLIENTS} clients of {overload.ADMITTED} runs for {seconds} s",
                  lambda: overload.measure(binary, seconds), root_absence())
    parts.measure("pandas", "`import pandas`", lambda: families.measure_pandas(binary), pandas_absence())
    parts.measure("idle_streams", "idle streams and terminals", lambda: idle_streams.measure(binary), root_absence())
    counts = crowd.LONG_IDLE_COUNTS if options.long else crowd.IDLE_COUNTS
    parts.measure("idle", "runs beside idle sandboxes", lambda: crowd.measure_idle(binary, counts))
    parts.measure("jobs", "jobs", lambda: jobs.measure(binary, options.rounds), load.absence() or root_absence())
    # The rounds of the families are those of a whole run, and fewer of a short one.
    share = min(1, options.rounds / LEAST_ROUNDS)
    parts.measure("teardown", "the end of sandboxes with many processes",
                  lambda: teardown.measure(binary, share), teardown.absence())
    note_what_is_missing(parts)


def measure_live(parts, service):
    """What happens while a sandbox lives."""
    parts.measure("live", "output as it comes", lambda: live.measure(service), live.absence())
    parts.measure("terminals", "keys and output of attached processes", lambda: terminals.measure(service), live.absence())
    parts.measure("transfers", "a file of 1 GiB", lambda: transfers.measure(service), transfers.absence() or root_absence())
    parts.measure("lifecycle", "processes, pauses and kernels", lambda: lifecycle.measure_calls(service))
    parts.measure("snapshots", "snapshots and forks", lambda: lifecycle.measure_snapshots(service))


def note_what_is_missing(parts):
    """What a part could not measure although it did not fail."""
    for compiled in families.COMPILED:
        measured = parts.results.get(compiled.language)
        if measured and not measured["cached"]:
            parts.absent[f"the same {compiled.language} source again"] = "no build was ever answered as cached"
    if "throughput" in parts.results and load.absence():
        parts.absent[f"{throughput.CLIENTS} clients"] = load.absence()
    if ended := parts.results.get("idle", {}).pop("ended", None):
        parts.absent["more idle sandboxes"] = f"it ended with {ended}"


def root_absence():
    return None if os.geteuid() == 0 else "reading other processes' memory and dropping caches need root"


def pandas_absence():
    ran = subprocess.run([peers.PYTHON[0], "-c", "import pandas"], capture_output=True, check=False)
    return None if ran.returncode == 0 else "python3-pandas is not installed"


def run(options):
    parts = Parts(options.only)
    with tempfile.TemporaryDirectory(prefix="outpost-bench-", dir="/var/tmp") as directory:
        competitors = peers.peers(directory)
        if competitors[0].absence:
            sys.exit(f"bench: bare Python does not run: {competitors[0].absence}")
        facts = conditions(options.rounds)
        with contextlib.closing(throughput.ProcessLoops()) as loops:
            if options.peers_only:
                parts.measure("latency", "one call at a time",
                              lambda: measure_latency(parts, competitors, None, options.rounds))
                parts.measure("throughput", "many at once", lambda: throughput.measure(loops, competitors))
            else:
                measure_server(parts, competitors, loops, options)
    parts.absent.update({peer.title: peer.absence for peer in competitors if peer.absence})
    return {"conditions": facts, "titles": report.titles(competitors), "clients": throughput.CLIENTS,
            **parts.results, "absent": parts.absent}


def write_documents(results):
    for path, text in ((ROOT / "docs" / "benchmarks.md", f"{report.document(results)}\n\n{report.images(PLOTS)}"),
                       (ROOT / "README.md", report.headlines(results))):
        if report.replace_between_markers(path, text):
            say(f"wrote the tables into {path.relative_to(ROOT)}")
        else:
            say(f"{path.relative_to(ROOT)} has no bench markers: left alone")


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


def arguments():
    parser = argparse.ArgumentParser(description="Measure Outpost against bare programs and other sandboxes.")
    parser.add_argument("--write-docs", action="store_true", help="update docs/benchmarks.md and README.md")
    parser.add_argument("--plots", action="store_true", help="draw docs/benchmarks/*.svg")
    parser.add_argument("--plots-only", action="store_true", help="draw them from the last results")
    parser.add_argument("--long", action="store_true", help="10 minutes of full load, and more idle sandboxes")
    parser.add_argument("--minutes", type=float, help="of full load (default 1, 10 with --long)")
    parser.add_argument("--only", type=lambda text: set(text.split(",")), metavar="PART,...", default=set(),
                        help="some of memory, latency, throughput, scaling, go, rust, commands, soak, overload, pandas, "
                             "idle, jobs, teardown, live, terminals, transfers, lifecycle, snapshots, idle_streams")
    parser.add_argument("--peers-only", action="store_true", help="measure without the server")
    options = parser.parse_args()
    options.binary = os.environ.get("OUTPOST_BINARY") or str(ROOT / "build" / "outpost")
    options.rounds = int(os.environ.get("ROUNDS", "120"))
    options.minutes = options.minutes or (10 if options.long else 1)
    if options.rounds < 1:
        parser.error("ROUNDS must be at least 1")
    if options.write_docs and (options.rounds < LEAST_ROUNDS or options.peers_only or options.only):
        parser.error(f"--write-docs needs a whole run of at least {LEAST_ROUNDS} rounds")
    if not options.peers_only and not os.access(options.binary, os.X_OK):
        parser.error(f"{options.binary} is not there; run make build, or set OUTPOST_BINARY")
    return options


def draw(results):
    if reason := plots.absence():
        say(f"no plots: {reason}")
        return
    for path in plots.write(results, PLOTS):
        say(f"drew {path.relative_to(ROOT)}")


def main():
    options = arguments()
    # As an interrupt: the server and its directory go too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: terminated"))
    if options.plots_only:
        draw(json.loads(RESULTS.read_text(encoding="utf-8")))
        return
    results = run(options)
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    say(f"wrote {RESULTS.relative_to(ROOT)}")
    print(report.document(results))
    if options.rounds < LEAST_ROUNDS:
        say(f"fewer than {LEAST_ROUNDS} rounds: the p99 figures mean nothing")
    if options.plots:
        draw(results)
    if options.write_docs:
        write_documents(results)


if __name__ == "__main__":
    main()
