# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Every figure that this version promises: what was measured, what the same takes without a sandbox, and the target."""
import live_goals
import soak as full_load
from goal import MIB, Goal, at_most, faster, ratio_of

RUN_RATIO = 0.3
MANY_RATIO = 3
PANDAS_RATIO = 0.05
NODE_RATIO = 0.2
FIRST_BUILD_RATIO = 1.1
SAME_BUILD_RATIO = 0.05
CREATE_P50_MS = 2
CREATE_P99_MS = 10
DELETE_MS = 5
END_OF_5_MS = 10
END_OF_1000_MS = 50
SANDBOX_MIB = 1
SERVER_MB = 80
COMMANDS_IN_TURN = 2
COMMANDS_AT_ONCE = 1.3
IDLE_RATIO = 1.2
# The last third of the full load against the first.
SLOWER_RATE = 0.9
SLOWER_P99 = 1.25
MORE_MEMORY = 1.1
MORE_DESCRIPTORS = 1.1
# Milliseconds until a client that is one too many hears so, with every core busy.
TURNED_AWAY = 100
# Jobs a second that are taken, from as many clients as runs.
TAKEN_SINGLE = 10_000
TAKEN_BATCH = 50_000
FINISHED_RATIO = 0.9
# Milliseconds that a job takes more than a plain run.
MORE_FOR_JOB = 5
QUEUE_RATIO = 1.5


HEADINGS = ["figure", "measured", "without a sandbox", "ratio", "target", ""]
# The figures that the README has, by the start of their names.
HEADLINES = ("Python, 1 client, with pauses", "Node, 1 client", "Python, 16 clients", "idle server and spawner",
             "jobs taken, one by one")
SANDBOX = "each idle stateful sandbox, after one run"


def all_goals(results):
    """One for every figure there is."""
    return [goal for part in (runs, many, families, commands, calls, ends, held, idle, soak, overload, jobs)
            for goal in part(results)] + live_goals.rows(results)


def rows(results):
    """A row for every figure that was measured."""
    return [goal.row() for goal in all_goals(results) if goal.is_measured()]


def headlines(results):
    """The few rows that the README has: figure, measured, without a sandbox."""
    return [goal.row()[:3] for goal in all_goals(results) if goal.is_measured() and goal.what.startswith(HEADLINES)]


def unmeasured(results):
    """Every figure that cannot be right, with the reason."""
    found = {goal.what: "the figure is not above zero" for goal in all_goals(results) if not goal.is_measured()}
    if "memory" in results and held_by_sandbox(results["memory"]) is None:
        found[SANDBOX] = "what a sandbox adds is not above what the machine changed by itself"
    return found


def runs(results):
    series = results.get("latency", {})
    pairs = {
        "Python, 1 client, with pauses, p50": ("execute", "bare", RUN_RATIO),
        "Python, 1 client, one right after the other, p50": ("execute_in_a_row", "bare_in_a_row", RUN_RATIO),
        "Node, 1 client, p50": ("execute_node", "bare_node", NODE_RATIO),
    }
    return [faster(what, series[ours]["p50"], series[bare]["p50"], limit)
            for what, (ours, bare, limit) in pairs.items() if ours in series and bare in series]


def many(results):
    rates = {name: figures["runs_per_second"] for name, figures in results.get("throughput", {}).items()}
    if "execute" not in rates:
        return []
    ratio = ratio_of(rates["execute"], rates["bare"])
    return [Goal(f"Python, {results['clients']} clients", f"{rates['execute']:.0f} runs/s",
                 (rates["execute"], rates["bare"]), f"{rates['bare']:.0f} runs/s", ratio, f"≥ {MANY_RATIO} ×", ratio >= MANY_RATIO)]


def families(results):
    found = []
    if "pandas" in results:
        pandas = results["pandas"]
        found.append(faster("Python with `import pandas`, preloaded, p50", pandas["execute"]["p50"],
                            pandas["bare"]["p50"], PANDAS_RATIO))
    for name, title in (("go", "Go"), ("rust", "Rust")):
        if name not in results:
            continue
        built = results[name]
        bare = built["bare"]["p50"]
        found.append(faster(f"{title}, a new source: build and run, p50", built["first"]["p50"], bare,
                            FIRST_BUILD_RATIO))
        if built["cached"]:
            found.append(faster(f"{title}, the same source again, p50", built["again"]["p50"], bare, SAME_BUILD_RATIO))
    return found


def commands(results):
    if "commands" not in results:
        return []
    measured = results["commands"]
    return [faster(f"create and `node -v`, {title}, {place}", measured[name][place], measured[f"bare_{name}"][place],
                   limit)
            for name, title, place, limit in (("in_turn", "100 one after another", "p50", COMMANDS_IN_TURN),
                                              ("at_once", "100 at once", "p50", COMMANDS_AT_ONCE),
                                              ("at_once", "100 at once", "p99", COMMANDS_AT_ONCE))]


def calls(results):
    series, found = results.get("latency", {}), []
    for mode in ("ephemeral", "stateful"):
        if f"create_{mode}" in series:
            found += [at_most(f"create, {mode}, p50", series[f"create_{mode}"]["p50"], CREATE_P50_MS, "ms"),
                      at_most(f"create, {mode}, p99", series[f"create_{mode}"]["p99"], CREATE_P99_MS, "ms"),
                      at_most(f"delete, {mode}, p50", series[f"delete_{mode}"]["p50"], DELETE_MS, "ms")]
    return found


def ends(results):
    measured = results.get("teardown", {})
    return [at_most(f"end of a sandbox with {count} processes, p99", measured[name]["over"]["p99"], limit, "ms")
            for name, count, limit in (("c_5", "5", END_OF_5_MS), ("c_1000", "1,000", END_OF_1000_MS))
            if name in measured]


def held(results):
    if "memory" not in results:
        return []
    server = results["memory"]["readings"]["new"]["server"]["pss"] / 1e6
    found = [at_most("idle server and spawner, PSS", server, SERVER_MB, "MB")]
    sandbox = held_by_sandbox(results["memory"])
    if sandbox is not None:
        found.append(at_most(SANDBOX, sandbox / MIB, SANDBOX_MIB, "MiB"))
    return found


def held_by_sandbox(measured):
    """The largest account of a sandbox's memory that was measured, in bytes; None when its processes' was not."""
    figures = measured["sandbox"]["held"]
    if figures["process_memory"] is None:
        return None
    return max(figures["process_memory"] + (figures["kernel_memory"] or 0), figures["whole_system"] or 0)


def idle(results):
    found = []
    for count, figures in results.get("idle", {}).items():
        for name in ("execute", "exec"):
            one, value = figures[f"one_{name}"]["p50"], figures[name]["p50"]
            if int(count) > 1:
                ratio = ratio_of(value, one)
                found.append(Goal(f"`{name}` beside {int(count):,} idle sandboxes, p50", f"{value:.2f} ms",
                                  (value, one), f"beside one: {one:.2f} ms", ratio, f"≤ {IDLE_RATIO} ×",
                                  ratio <= IDLE_RATIO))
    return found


def soak(results):
    if "soak" not in results:
        return []
    slices = results["soak"]["slices"]
    what = f"full load for {results['soak']['minutes']:.3g} min"
    return [
        level(what, "runs/s", slices, "runs_per_second", SLOWER_RATE, is_least=True),
        level(what, "ms, p99", slices, "p99", SLOWER_P99),
        level(what, "MB, PSS", slices, "pss", MORE_MEMORY, scale=1e6),
        level(what, "descriptors", slices, "descriptors", MORE_DESCRIPTORS),
    ]


def level(what, unit, slices, name, limit, is_least=False, scale=1):
    first, last = (value / scale for value in full_load.thirds(slices, name))
    ratio = ratio_of(last, first)
    return Goal(f"{what}, {unit}: last third to first", f"{last:.4g}", (last, first), f"at first: {first:.4g}", ratio,
                f"{'≥' if is_least else '≤'} {limit} ×", ratio >= limit if is_least else ratio <= limit)


def overload(results):
    if "overload" not in results:
        return []
    found = results["overload"]
    what = f"{found['clients']} clients, {found['admitted']} runs admitted, {found['seconds']:.3g} s"
    left = [Goal(f"{what}: {name}", f"{found['after'][key] / unit:.3g}", (found["after"][key], found["before"][key]),
                 f"before: {found['before'][key] / unit:.3g}",
                 ratio_of(found["after"][key], found["before"][key]), f"≤ {limit} ×",
                 found["after"][key] <= limit * found["before"][key])
            for key, name, unit, limit in (("descriptors", "descriptors", 1, 1), ("processes", "processes", 1, 1),
                                           ("pss", "MB, PSS", 1e6, MORE_MEMORY))]
    turned_away = at_most(f"{what}: 503, p99", found["answers"]["503"]["p99"], TURNED_AWAY, "ms")
    return [turned_away, *left]


def jobs(results):
    if "jobs" not in results:
        return []
    measured = results["jobs"]
    many = f"{results['clients']} clients"
    return [
        at_least(f"jobs taken, one by one, {many}", measured["taken"]["single"]["jobs_per_second"], TAKEN_SINGLE),
        at_least(f"jobs taken, in batches of 100, {many}", measured["taken"]["batch"]["jobs_per_second"], TAKEN_BATCH),
        finished_jobs(measured["finished"], many),
        idle_job(measured["idle"]),
        *(beside_queue(measured["queue"], call) for call in ("submit", "poll")),
        memory_of_queue(measured["memory"]),
    ]


def at_least(what, value, limit):
    return Goal(what, f"{value:,.0f} a second", (value,), target=f"≥ {limit:,} a second", met=value >= limit)


def finished_jobs(measured, many):
    finished, executed = measured["jobs"]["jobs_per_second"], measured["execute"]["runs_per_second"]
    ratio = ratio_of(finished, executed)
    return Goal("jobs finished", f"{finished:.0f} a second", (finished, executed),
                f"`execute`, {many}: {executed:.0f} runs/s", ratio, f"≥ {FINISHED_RATIO} ×", ratio >= FINISHED_RATIO)


def idle_job(measured):
    job, run = measured["job"]["p99"], measured["execute"]["p99"]
    return Goal("a job on an idle server, to its end, p99", f"{job:.2f} ms", (job, run), f"`execute`: {run:.2f} ms",
                target=f"≤ {MORE_FOR_JOB} ms more", met=job <= run + MORE_FOR_JOB)


def beside_queue(measured, call):
    full, empty = measured[f"{call}_full"]["p99"], measured[f"{call}_empty"]["p99"]
    ratio = ratio_of(full, empty)
    return Goal(f"{call} a job, 100,000 queued, p99", f"{full:.2f} ms", (full, empty), f"none queued: {empty:.2f} ms",
                ratio, f"≤ {QUEUE_RATIO} ×", ratio <= QUEUE_RATIO)


def memory_of_queue(measured):
    full, empty = measured["100000"] / 1e6, measured["0"] / 1e6
    ratio = ratio_of(full, empty)
    return Goal("server with 100,000 queued jobs, PSS", f"{full:.3g} MB", (full, empty),
                f"none queued: {empty:.3g} MB", ratio, f"≤ {MORE_MEMORY} ×", ratio <= MORE_MEMORY)
