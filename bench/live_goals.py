# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""The rows of what happens while a sandbox lives: streams, terminals, files, processes, pauses and snapshots."""
from goal import KIB, MIB, Goal, at_most, faster, ratio_of

FIRST_BYTE_MS = 1
LATE_RATIO = 5
STREAM_RATIO = 0.3
ATTACH_RATIO = 0.7
ECHO_RATIO = 5
FILE_RATIO = 0.5
TRANSFER_MIB = 8
PROCESS_MORE_MS = 3
KERNEL_MS = 2
PAUSE_MS = 5
SNAPSHOT_MS = 30
SIZE_RATIO = 1.5
IDLE_KIB = 40
# Of a second: a sign of life for each, now and then.
IDLE_MS = 10


def rows(results):
    return [goal for part in (streams, terminals, transfers, calls, snapshots, idle) for goal in part(results)]


def rate(what, ours, bare, least):
    ratio = ratio_of(ours, bare)
    return Goal(what, f"{ours:.0f} MiB/s", (ours, bare), f"{bare:.0f} MiB/s", ratio, f"≥ {least} ×", ratio >= least)


def streams(results):
    if "live" not in results:
        return []
    late, rates = results["live"]["late"], results["live"]["rates"]
    return [
        at_most("a written line at the client, p50", late["streamed"]["p50"], FIRST_BYTE_MS, "ms"),
        faster("a written line at the client, p99", late["streamed"]["p99"], late["bare"]["p99"], LATE_RATIO),
        rate("stdout through one stream of events", rates["streamed"]["p50"], rates["bare"]["p50"], STREAM_RATIO),
    ]


def terminals(results):
    if "terminals" not in results:
        return []
    keys, rates = results["terminals"]["keys"], results["terminals"]["rates"]
    echoes = [faster(f"a key press to its echo, {place}", keys["terminal"][place], keys["terminal_bare"][place],
                     ECHO_RATIO) for place in ("p50", "p99")]
    return echoes + [rate("stdout through `attach`", rates["attach"]["p50"], rates["attach_bare"]["p50"], ATTACH_RATIO)]


def transfers(results):
    if "transfers" not in results:
        return []
    rates, grown = results["transfers"]["rates"], results["transfers"]["grown"] / MIB
    ways = [rate(f"a file of 1 GiB {way}", rates[way]["p50"], rates[f"{way}_bare"]["p50"], FILE_RATIO)
            for way in ("down", "up")]
    return ways + [at_most("the server's memory meanwhile, more", grown, TRANSFER_MIB, "MiB")]


def calls(results):
    if "lifecycle" not in results:
        return []
    series = {name: figures["p50"] for name, figures in results["lifecycle"].items()}
    limit = series["spawn"] + PROCESS_MORE_MS
    process = Goal(
        "a process from its start to its end, p50", f"{series['process']:.2f} ms", (series["process"], series["spawn"]),
        f"{series['spawn']:.2f} ms", ratio_of(series["process"], series["spawn"]), f"≤ bare + {PROCESS_MORE_MS} ms",
        series["process"] <= limit)
    return [process, at_most("`x` in a kernel, p50", series["kernel"], KERNEL_MS, "ms"),
            at_most("pause, p50", series["pause"], PAUSE_MS, "ms"),
            at_most("resume, p50", series["resume"], PAUSE_MS, "ms")]


def snapshots(results):
    if "snapshots" not in results:
        return []
    series, found = {name: figures["p50"] for name, figures in results["snapshots"].items()}, []
    for verb in ("snapshot", "fork"):
        small, large = series[f"{verb}_small"], series[f"{verb}_large"]
        ratio = ratio_of(large, small)
        found += [at_most(f"{verb} of 10 MB, p50", small, SNAPSHOT_MS, "ms"),
                  Goal(f"{verb} of 5 GB, p50", f"{large:.2f} ms", (large, small), f"of 10 MB: {small:.2f} ms", ratio,
                             f"≤ {SIZE_RATIO} ×", ratio <= SIZE_RATIO)]
    return found


def idle(results):
    if "idle_streams" not in results:
        return []
    held = results["idle_streams"]
    more = held["milliseconds_per_second"] - held["quiet_milliseconds_per_second"]
    return [
        at_most("the server's memory for an idle stream, of 1,000", held["stream"] / KIB, IDLE_KIB, "KiB"),
        at_most("the server's memory for an idle terminal, of 200", held["terminal"] / KIB, IDLE_KIB, "KiB"),
        Goal("the server's processor time beside all of them, each second", f"{more:.2f} ms",
             (held["milliseconds_per_second"],), target=f"≤ {IDLE_MS} ms", met=more <= IDLE_MS),
    ]
