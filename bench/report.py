# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""The results as Markdown, next to the targets of this version."""
import re

import goals
import latency
import teardown

MIB = goals.MIB
MARKERS = re.compile(r"(<!-- bench:begin -->\n).*?(<!-- bench:end -->)", re.DOTALL)


def summary(results):
    """The figures that have a target, and what is missing with its reason."""
    parts = [conditions(results["conditions"]), table(goals.HEADINGS, goals.rows(results))]
    absent = results["absent"] | goals.unmeasured(results)
    parts += [f"Not measured: {title}: {first_line(reason)}." for title, reason in absent.items()]
    return "\n\n".join(parts)


def headlines(results):
    """The few figures of the README, and where they were measured."""
    return "\n\n".join([conditions(results["conditions"]), table(goals.HEADINGS[:3], goals.headlines(results))])


def first_line(reason):
    lines = [line for line in reason.splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else "no reason given"


def document(results):
    """Everything that was measured."""
    parts = [summary(results)]
    if "latency" in results:
        parts.append(latency_table(results))
    if "throughput" in results:
        parts.append(throughput_table(results))
    if "scaling" in results:
        parts.append(scaling_table(results["scaling"]))
    if "commands" in results:
        parts.append(commands_table(results["commands"]))
    if "teardown" in results:
        parts.append(teardown_table(results["teardown"]))
    if "jobs" in results:
        parts += [job_rates_table(results["jobs"], results["clients"]), job_calls_table(results["jobs"]),
                  queue_memory_table(results["jobs"]["memory"])]
    if "memory" in results:
        parts += [memory_table(results["memory"]), sandbox_table(results["memory"])]
    if results.get("steps"):
        parts.append(steps_table(results["steps"]))
    return "\n\n".join(parts)


def images(folder):
    """The plots that are in `folder`, for a page beside it."""
    return "\n\n".join(f"![{path.stem}]({folder.name}/{path.name})" for path in sorted(folder.glob("*.svg")))


def conditions(facts):
    return (f"Measured {facts['date']} on {facts['cores']} cores of {facts['processor']}, {facts['memory_gib']} GiB, "
            f"Linux {facts['kernel']}, cgroup {facts['cgroup']}, {facts['python']}; commit {facts['commit']}; "
            f"{facts['rounds']} rounds; load before the run {facts['load']}.")


def table(headings, rows):
    # Words to the left, figures to the right.
    lines = [headings, [":---"] + ["---:"] * (len(headings) - 1)] + rows
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def latency_table(results):
    series, titles = results["latency"], results["titles"]
    bare = {"node": series.get("bare_node", {}).get("p50"), "row": series.get("bare_in_a_row", {}).get("p50")}
    rows = []
    for name in [name for name in titles if name in series]:
        p50, p99 = series[name]["p50"], series[name]["p99"]
        base = bare.get(name.rpartition("_")[2], series["bare"]["p50"])
        ratio = f"{p50 / base:.2f} ×" if is_run(name) and base else "–"
        rows.append([titles[name], str(series[name]["count"]), f"{p50:.2f}", f"{p99:.2f}", ratio])
    return table(["one call at a time", "calls", "p50 ms", "p99 ms", "to bare"], rows)


def is_run(name):
    return not name.startswith(("create", "delete", "healthz"))


def throughput_table(results):
    bare = results["throughput"]["bare"]["runs_per_second"]
    titles, cores = results["titles"], results["conditions"]["cores"]
    rows = []
    for name, figures in results["throughput"].items():
        clients = f"{results['clients']} clients at once" if name == "execute" else f"{cores} loops"
        rate = figures["runs_per_second"]
        rows.append([f"{titles[name]}, {clients}", f"{rate:.1f}", f"{rate / bare:.2f} ×", f"{figures['p50']:.1f}",
                     f"{figures['p99']:.1f}"])
    return table(["many at once", "runs/s", "to bare", "p50 ms", "p99 ms"], rows)


def scaling_table(scaling):
    rows = [[clients, f"{figures['runs_per_second']:.1f}", f"{figures['p50']:.2f}", f"{figures['p99']:.2f}"]
            for clients, figures in scaling.items()]
    return table(["clients without a pause, `execute`", "runs/s", "p50 ms", "p99 ms"], rows)


def commands_table(commands):
    titles = {"bare_in_turn": "bare `node -v`, one after another", "in_turn": "Outpost, one after another",
              "bare_at_once": "bare `node -v`, all at once", "at_once": "Outpost, all at once"}
    rows = [[titles[name], f"{figures['seconds']:.2f}", f"{figures['p50']:.1f}", f"{figures['p99']:.1f}"]
            for name, figures in commands.items()]
    return table(["100 × create a sandbox and run `node -v`", "s for all", "p50 ms", "p99 ms"], rows)


def teardown_table(measured):
    rows = []
    for name, figures in measured.items():
        family, (gone, over, bare) = teardown.FAMILIES[name], (figures[series] for series in ("gone", "over", "bare"))
        rows.append([family.title, str(gone["count"]), f"{gone['p50']:.2f}", f"{gone['p99']:.2f}", f"{over['p50']:.2f}",
                     f"{over['p99']:.2f}", f"{bare['p50']:.2f}", f"{bare['p99']:.2f}"])
    heading = "from `DELETE` until a sandbox of"
    return table([heading, "rounds", "is without a process, p50 ms", "p99 ms", "and answered, p50 ms", "p99 ms",
                  "the same without a sandbox, p50 ms", "p99 ms"], rows)


def job_rates_table(measured, clients):
    taken, finished = measured["taken"], measured["finished"]
    rows = [[title, f"{figures['jobs_per_second']:,.0f}", f"{figures['p50']:.2f}", f"{figures['p99']:.2f}"]
            for title, figures in (("taken and on the disk, one by one", taken["single"]),
                                   ("taken and on the disk, in batches of 100", taken["batch"]))]
    executed = finished["execute"]
    rows += [["finished, 400 submitted at once", f"{finished['jobs']['jobs_per_second']:.1f}", "–", "–"],
             [f"`execute`, {clients} clients, in turns with these", f"{executed['runs_per_second']:.1f}",
              f"{executed['p50']:.2f}", f"{executed['p99']:.2f}"]]
    return table([f"jobs, {clients} clients", "a second", "a call, p50 ms", "p99 ms"], rows)


def job_calls_table(measured):
    titles = {"job": "submit and wait for its end, idle server", "execute": "`execute`, in turns with it",
              "submit_empty": "submit, none queued", "submit_full": "submit, 100,000 queued",
              "poll_empty": "poll, none queued", "poll_full": "poll, 100,000 queued"}
    series = {**measured["idle"], **measured["queue"]}
    rows = [[title, str(series[name]["count"]), f"{series[name]['p50']:.2f}", f"{series[name]['p99']:.2f}"]
            for name, title in titles.items()]
    job, run = series["job"], series["execute"]
    rows.insert(2, ["what the job took more", "–", f"{job['p50'] - run['p50']:.2f}", f"{job['p99'] - run['p99']:.2f}"])
    return table(["jobs, one at a time", "calls", "p50 ms", "p99 ms"], rows)


def queue_memory_table(memory):
    rows = [[f"{int(length):,}", megabytes(held)] for length, held in memory.items()]
    return table(["jobs queued", "server and spawner, PSS MB"], rows)


def memory_table(memory):
    new = memory["readings"]["new"]
    server, ahead = new["server"], new["sandboxes"]
    rows = [[f"server and spawner ({server['processes']} processes)", megabytes(server["pss"]),
             megabytes(server["rss"])],
            [f"sandboxes built ahead ({ahead['processes']} processes)", megabytes(ahead["pss"]),
             megabytes(ahead["rss"])]]
    return table(["idle server", "PSS MB", "RSS MB"], rows)


def megabytes(count):
    return f"{count / 1e6:.1f}"


def mebibytes(count):
    """A figure that was not above the noise is none."""
    return "not above the noise" if count is None else f"{count / MIB:.3f}"


def sandbox_table(memory):
    figures = memory["sandbox"]
    note = "" if figures["settled"] else " (the machine did not come to rest)"
    rows = [[f"after one run each{note}", *map(mebibytes, figures["held"].values())],
            ["the noise: before them, and after their deletion", *map(mebibytes, figures["noise"].values())]]
    heading = f"each of {memory['count']} idle stateful sandboxes adds"
    return table([heading, "processes MiB (PSS)", "kernel and tmpfs MiB", "whole system MiB"], rows)


def steps_table(steps):
    """The server's own account of where the time of a call goes; empty when it sends none."""
    rows = [[call, step, f"{figures['p50']:.3f}", f"{figures['p99']:.3f}"]
            for call, figures_by_step in steps.items() for step, figures in figures_by_step.items()]
    return table(["call", "step", "p50 ms", "p99 ms"], rows) if rows else ""


def titles(competitors):
    return {peer.name: peer.title for peer in competitors} | latency.TITLES


def replace_between_markers(path, text):
    """Whether `path` exists with both markers and now has `text` between them."""
    if not path.exists():
        return False
    content, count = MARKERS.subn(lambda found: f"{found[1]}{text}\n{found[2]}", path.read_text(encoding="utf-8"))
    if count == 0:
        return False
    path.write_text(content, encoding="utf-8")
    return True
