// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import { LineChart, meter } from "./charts.js";
import { element, reconcile, setText } from "./dom.js";
import { count, duration, percent } from "./format.js";
import { between, Measurements, quantile } from "./measurements.js";
import { poll } from "./poll.js";
import { Table, textColumn } from "./table.js";

const HISTORY = 90;
/** A latency is that of the runs since so many measurements. */
const WINDOW = 15;
const PARTS = { p50: 0.5, p95: 0.95, p99: 0.99 };

/** What /metrics said lately. It is read in the background, so that the graphs have a past when they are shown. */
export class ServerHistory {
    points = [];
    latest = null;
    onReady = () => {};
    listeners = new Set();
    #api;
    /** The last measurements, the oldest first. */
    #recent = [];

    constructor(api) {
        this.#api = api;
    }

    async read() {
        const ready = await this.#api.send("GET", "readyz").catch(error => error);
        if (!ready.status) throw ready;
        const isReady = ready.status === 200;
        this.onReady(isReady);
        const latest = new Measurements(await (await this.#api.send("GET", "metrics")).text());
        if (this.latest) this.points.push(pointBetween(this.#recent[0], this.latest, latest));
        if (this.points.length > HISTORY) this.points.shift();
        this.#recent.push(latest);
        if (this.#recent.length > WINDOW) this.#recent.shift();
        this.latest = latest;
        for (const listener of this.listeners) listener(latest, this.points.at(-1));
    }
}

/**
 * The figures of the time between the last two measurements. Latencies are those since an earlier measurement, in
 * milliseconds, and null when nothing ran.
 */
function pointBetween(earlier, older, newer) {
    const seconds = (newer.time - older.time) / 1000;
    const rate = (name, wanted) => Math.max(0, newer.sum(name, wanted) - older.sum(name, wanted)) / seconds;
    const run = between(stepsOf(earlier), stepsOf(newer));
    const latency = {};
    for (const [name, part] of Object.entries(PARTS)) {
        const value = quantile(run, part);
        latency[name] = value === null ? null : value * 1000;
    }
    return {
        latency,
        load: {
            "calls/s": rate("outpost_http_requests_total"), "runs/s": rate("outpost_executions_total"),
            "in progress": newer.sum("outpost_runs_in_progress"),
        },
    };
}

/** How long Outpost itself needs for a run, from the turn to a started program. */
function stepsOf(measurements) {
    return measurements.histogram("outpost_step_seconds", { step: "spawn" });
}

/** Latency, pools, queues and quotas of the server. */
export function showServer(api, history, signal) {
    const latency = new LineChart("Start of a program", Object.keys(PARTS), value => duration(value), HISTORY);
    const load = new LineChart("Load", ["in progress", "runs/s", "calls/s"], value => value.toFixed(value < 10 ? 1 : 0), HISTORY);
    const tiles = element("div", { class: "cards tiles" });
    const steps = stepTable();
    const routes = routeTable();
    for (const point of history.points) {
        latency.add(point.latency);
        load.add(point.load);
    }
    function show(measurements, point) {
        if (point) {
            latency.add(point.latency);
            load.add(point.load);
        }
        showTables(measurements);
    }
    function showTables(measurements) {
        showTiles(tiles, measurements);
        steps.show(stepRows(measurements));
        routes.show(routeRows(measurements));
    }
    if (history.latest) showTables(history.latest);
    history.listeners.add(show);
    signal.addEventListener("abort", () => history.listeners.delete(show));
    return element("section", { class: "page" },
        element("div", { class: "bar-top" }, element("h1", {}, "Server"),
            element("span", { class: "note" }, "all namespaces, since the server started")),
        tiles,
        element("div", { class: "columns" },
            element("section", { class: "card" }, element("h2", {}, "Start of a program"), latency.node),
            element("section", { class: "card" }, element("h2", {}, "Load"), load.node)),
        element("div", { class: "columns" },
            element("section", { class: "card" }, element("h2", {}, "Steps of a run"), steps.node),
            quotas(api, signal)),
        element("section", { class: "card" }, element("h2", {}, "Calls"), routes.node));
}

function showTiles(tiles, measurements) {
    const hits = measurements.sum("outpost_pool_hits_total");
    const wanted = hits + measurements.sum("outpost_pool_misses_total");
    const compiled = measurements.sum("outpost_compilation_hits_total");
    const cacheable = compiled + measurements.sum("outpost_compilation_misses_total");
    const runs = measurements.sum("outpost_executions_total");
    const succeeded = measurements.sum("outpost_executions_total", { status: "succeeded" });
    const share = (part, whole) => (whole > 0 ? percent(part / whole) : "–");
    const jobs = status => measurements.sum("outpost_jobs", { status });
    const rows = [
        ["Sandboxes", count(measurements.sum("outpost_sandboxes")),
            `${count(measurements.sum("outpost_quota_used", { quota: "max_live_sandboxes" }))} up`],
        ["Runs", count(runs), `${share(succeeded, runs)} succeeded`],
        ["Warm pool", share(hits, wanted), `${count(hits)} of ${count(wanted)} runs found a warm sandbox`],
        ["Compiled programs", share(compiled, cacheable), `${count(compiled)} of ${count(cacheable)} from the cache`],
        ["Jobs", count(jobs("running")), jobs("queued") === 0 ? "running, none waits" :
            `running, ${count(jobs("queued"))} wait, up to ${duration(measurements.sum("outpost_jobs_oldest_queued_seconds") * 1000)}`],
    ];
    reconcile(tiles, rows, {
        key: ([title]) => title,
        make: ([title]) => element("div", { class: "card tile" },
            element("h2", {}, title), element("span", { class: "value" }), element("span", { class: "note" })),
        update(node, [, value, note]) {
            setText(node.children[1], value);
            setText(node.children[2], note);
        },
    });
}

function timeColumns() {
    const time = (title, part, kind = "number") =>
        textColumn(title, ({ histogram }) => {
            const value = quantile(histogram, part);
            return value === null ? null : duration(value * 1000);
        }, kind);
    return [time("p50", 0.5), time("p95", 0.95), time("p99", 0.99, "number extra")];
}

function stepTable() {
    return new Table({
        label: "Steps of a run", key: ({ name }) => name, empty: "Nothing has run yet.",
        columns: [textColumn("Step", ({ name }) => name), textColumn("Count", ({ total }) => count(total), "number"), ...timeColumns()],
    });
}

function stepRows(measurements) {
    const steps = measurements.values("outpost_step_seconds_count", "step").map(name => ({
        name, total: measurements.sum("outpost_step_seconds_count", { step: name }),
        histogram: measurements.histogram("outpost_step_seconds", { step: name }),
    }));
    const jobs = [["job: wait", "outpost_job_wait_seconds"], ["job: run", "outpost_job_run_seconds"]].map(([name, metric]) => ({
        name, total: measurements.sum(`${metric}_count`), histogram: measurements.histogram(metric),
    }));
    return [...steps, ...jobs].filter(({ total }) => total > 0);
}

function routeTable() {
    return new Table({
        label: "Calls", key: ({ route, method }) => `${method} ${route}`, empty: "No calls yet.",
        columns: [
            textColumn("Method", ({ method }) => method, "code"),
            textColumn("Path", ({ route }) => route.replace("/auth/v1/seed/{namespace}", "…"), "code wide"),
            textColumn("Calls", ({ total }) => count(total), "number"),
            textColumn("Errors", ({ failed }) => (failed > 0 ? count(failed) : "–"), "number extra"), ...timeColumns(),
        ],
    });
}

/** The calls of the API, the most frequent first. */
function routeRows(measurements) {
    const rows = new Map();
    for (const { labels: { route, method, status }, value } of measurements.all("outpost_http_requests_total")) {
        const key = `${method} ${route}`;
        if (!rows.has(key)) rows.set(key, { route: route || "(unknown)", method, total: 0, failed: 0, label: route });
        const row = rows.get(key);
        row.total += value;
        if (Number(status) >= 500) row.failed += value;
    }
    return [...rows.values()].sort((one, other) => other.total - one.total).slice(0, 20).map(row => ({
        ...row,
        histogram: measurements.histogram("outpost_http_request_seconds", { route: row.label, method: row.method }),
    }));
}

/** The name of a quota for people: `disk_mb` is “disk, MiB”. */
function quotaTitle(name) {
    return name.replace(/^max_/, "").replace(/_mb$/, ", MiB").replaceAll("_", " ");
}

/** The namespace's quotas: those in use, and the others folded away. */
function quotas(api, signal) {
    const used = element("ul", { class: "quotas" });
    const unused = element("ul", { class: "quotas" });
    const summary = element("summary");
    poll(api, 5000, signal, async () => {
        const { quotas: items } = await api.get("auth/v1/quotas", { signal, query: { namespace: api.namespace } });
        const share = item => item.used / (item.limit || Infinity);
        items.sort((one, other) => share(other) - share(one));
        showQuotas(used, items.filter(item => item.used > 0));
        const others = items.filter(item => item.used === 0);
        showQuotas(unused, others);
        setText(summary, `${others.length} that are not in use`);
    });
    return element("section", { class: "card" },
        element("div", { class: "bar-part" }, element("h2", {}, "Quotas"), element("span", { class: "note" }, api.namespace)),
        used, element("details", {}, summary, unused));
}

function showQuotas(list, items) {
    reconcile(list, items, {
        key: ({ name }) => name,
        make: ({ name }) => element("li", {}, element("span", {}, quotaTitle(name)),
            element("span", { class: "amount" }), element("span")),
        update(row, { name, used, limit }) {
            setText(row.children[1], limit === null ? count(used) : `${count(used)} of ${count(limit)}`);
            row.children[2].replaceWith(meter(quotaTitle(name), used, limit ?? 0));
        },
    });
}
