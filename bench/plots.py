# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""The distributions and curves as SVG. The same results give the same files."""
import pathlib

import samples

STYLE = {"svg.hashsalt": "outpost", "svg.fonttype": "none", "figure.figsize": (7, 4), "font.size": 9,
         "axes.grid": True, "grid.alpha": 0.3, "axes.spines.top": False, "axes.spines.right": False}
LATENCY_SERIES = {"bare": "bare python3 -c", "bubblewrap": "bubblewrap", "runc": "runc", "runsc": "runsc",
                  "execute": "Outpost execute, Python", "bare_node": "bare node -e",
                  "execute_node": "Outpost execute, Node"}
# Enough for the eye, and a small file.
PERCENTS = [*range(0, 99, 2), 99, 99.5, 100]


def absence():
    try:
        import matplotlib  # noqa: F401
    except ImportError as error:
        return f"matplotlib is not there: {error}"
    return None


def write(results, folder):
    """Writes what there are results for, and returns the paths."""
    import matplotlib
    matplotlib.use("svg")
    from matplotlib import pyplot
    folder = pathlib.Path(folder)
    folder.mkdir(exist_ok=True)
    written = []
    with pyplot.rc_context(STYLE):
        for name, draw in {"latency": latencies, "clients": clients, "idle": idle, "load": full_load}.items():
            figure, axes = pyplot.subplots()
            if draw(results, axes):
                path = folder / f"{name}.svg"
                figure.savefig(path, metadata={"Date": None, "Creator": None}, bbox_inches="tight")
                path.write_text("\n".join(line.rstrip() for line in path.read_text().splitlines()) + "\n")
                written.append(path)
            pyplot.close(figure)
    return written


def latencies(results, axes):
    series = results.get("latency", {})
    for name, title in LATENCY_SERIES.items():
        if name in series:
            axes.plot([samples.percentile(series[name]["samples"], percent) for percent in PERCENTS], PERCENTS,
                      label=title)
    axes.set(xscale="log", xlabel="milliseconds", ylabel="% of runs that took at most as long",
             title="One run at a time")
    axes.legend()
    return bool(series)


def clients(results, axes):
    curve = results.get("scaling", {})
    counts = [int(count) for count in curve]
    axes.plot(counts, [figures["runs_per_second"] for figures in curve.values()], marker="o", label="Outpost execute")
    bare = results.get("throughput", {}).get("bare")
    if bare:
        axes.axhline(bare["runs_per_second"], linestyle="--", color="gray", label="bare loops, one per core")
    axes.set(xscale="log", xticks=counts, xticklabels=counts, xlabel="clients", ylabel="runs a second", ylim=(0, None),
             title="Many clients at once")
    axes.minorticks_off()
    axes.legend()
    return bool(curve)


def idle(results, axes):
    curve = {int(count): figures for count, figures in results.get("idle", {}).items() if count.isdigit()}
    for name, title in (("execute", "execute, ephemeral"), ("exec", "exec in one of them")):
        axes.plot(list(curve), [figures[name]["p50"] for figures in curve.values()], marker="o", label=title)
    axes.set(xscale="log", xlabel="idle stateful sandboxes that are up", ylabel="median milliseconds", ylim=(0, None),
             title="A run beside idle sandboxes")
    axes.legend()
    return bool(curve)


def full_load(results, axes):
    slices = results.get("soak", {}).get("slices", [])
    seconds = [round(sum(piece["seconds"] for piece in slices[:end + 1])) for end in range(len(slices))]
    axes.plot(seconds, [piece["runs_per_second"] for piece in slices], marker=".", label="runs a second")
    axes.plot(seconds, [piece["p99"] for piece in slices], marker=".", label="p99, ms")
    axes.plot(seconds, [piece["pss"] / 1e6 for piece in slices], marker=".", label="memory of server and spawner, MB")
    axes.plot(seconds, [piece["descriptors"] for piece in slices], marker=".", label="open descriptors")
    axes.set(xlabel="seconds under full load", ylim=(0, None), title="16 clients without a pause")
    axes.legend()
    return bool(slices)
