# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""The results as Markdown, next to the targets of this version."""
import re

import latency
import teardown

EXECUTE_OVER_BARE_MS = 6
CREATE_MS = 5
DELETE_MS = 5
MIB = 1 << 20
SANDBOX_MIB = 2
SERVER_MB = 80

MARKERS = re.compile(r"(<!-- bench:begin -->\n).*?(<!-- bench:end -->)", re.DOTALL)


def document(results):
    """Everything that was measured; what is missing is named with its reason."""
    parts = [conditions(results["conditions"]), latency_table(results)]
    parts += [f"Not measured: {title}: {reason}." for title, reason in results["absent"].items()]
    parts.append(throughput_table(results))
    if "teardown" in results:
        parts.append(teardown_table(results["teardown"]))
    if "memory" in results:
        parts += [memory_table(results["memory"]), sandbox_table(results["memory"])]
    return "\n\n".join(parts)


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
    bare = series["bare"]["p50"]
    rows = []
    for name in [name for name in titles if name in series]:
        p50, p99 = series[name]["p50"], series[name]["p99"]
        ratio = f"{p50 / bare:.2f} ×" if is_run(name) else "–"
        rows.append([titles[name], f"{p50:.2f}", f"{p99:.2f}", ratio, latency_target(name, p50, bare)])
    return table(["one call at a time", "p50 ms", "p99 ms", "to bare", "target, p50"], rows)


def is_run(name):
    return not name.startswith(("create", "delete", "healthz"))


def latency_target(name, p50, bare):
    if name == "execute":
        return verdict(p50, bare + EXECUTE_OVER_BARE_MS, "ms", f"bare + {EXECUTE_OVER_BARE_MS} = ")
    if name.startswith("create"):
        return verdict(p50, CREATE_MS, "ms")
    if name.startswith("delete"):
        return verdict(p50, DELETE_MS, "ms")
    return "–"


def verdict(value, limit, unit, origin=""):
    return f"≤ {origin}{limit:.4g} {unit}: {'met' if value <= limit else 'MISSED'}"


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


def teardown_table(measured):
    rows = []
    for name, figures in measured.items():
        family, (gone, over, bare) = teardown.FAMILIES[name], (figures[series] for series in ("gone", "over", "bare"))
        target = "–" if family.target is None else verdict(over["p99"], family.target, "ms")
        rows.append([family.title, str(gone["count"]), f"{gone['p50']:.2f}", f"{gone['p99']:.2f}", f"{over['p50']:.2f}",
                     f"{over['p99']:.2f}", target, f"{bare['p50']:.2f}", f"{bare['p99']:.2f}"])
    heading = "from `DELETE` until a sandbox of"
    return table([heading, "rounds", "is without a process, p50 ms", "p99 ms", "and answered, p50 ms", "p99 ms",
                  "target, p99", "the same without a sandbox, p50 ms", "p99 ms"], rows)


def memory_table(memory):
    idle = memory["readings"]["idle"]
    server, ahead = idle["server"], idle["sandboxes"]
    target = verdict(server["pss"] / 1e6, SERVER_MB, "MB")
    rows = [[f"server and spawner ({server['processes']} processes)", megabytes(server["pss"]),
             megabytes(server["rss"]), target],
            [f"sandboxes built ahead ({ahead['processes']} processes)", megabytes(ahead["pss"]),
             megabytes(ahead["rss"]), "–"]]
    return table(["idle server", "PSS MB", "RSS MB", "target, PSS"], rows)


def megabytes(count):
    return f"{count / 1e6:.1f}"


def sandbox_table(memory):
    titles = {"created": "just created", "used": "after one run each", "deleted": "after their deletion (what stays)"}
    rows = []
    for state, title in titles.items():
        figures = memory[state]
        whole = figures["whole_system"] / MIB
        target = "–" if state == "deleted" else verdict(whole, SANDBOX_MIB, "MiB")
        note = "" if figures["settled"] else " (the machine did not come to rest)"
        rows.append([title + note, f"{figures['process_memory'] / MIB:.3f}", f"{figures['kernel_memory'] / MIB:.3f}",
                     f"{whole:.3f}", target])
    heading = f"each of {memory['count']} idle stateful sandboxes adds"
    return table([heading, "processes MiB (PSS)", "kernel and tmpfs MiB", "whole system MiB", "target, whole system"],
                 rows)


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
