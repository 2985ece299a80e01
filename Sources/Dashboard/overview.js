// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import { meter, Sparkline } from "./charts.js";
import { badge, element, fact, setBadge, setText } from "./dom.js";
import { ago, bytes, count, duration, moment, percent } from "./format.js";
import { poll } from "./poll.js";
import { Table, textColumn } from "./table.js";

const MEBIBYTE = 1 << 20;

/** What a sandbox is, and what it uses now. */
export function showOverview(context) {
    const facts = element("dl", { class: "facts" });
    let shown = "";
    context.onChange(sandbox => {
        // A selection in the list stays when nothing has changed.
        const text = JSON.stringify({ ...sandbox, last_used_at: ago(sandbox.last_used_at) });
        if (text !== shown) facts.replaceChildren(...factsOf(sandbox));
        shown = text;
    });
    const { api, sandbox } = context;
    const node = element("div", { class: "part" },
        api.offers("getSandboxMetrics") ? liveFigures(context) : null,
        api.offers("listProcesses") && sandbox.mode === "stateful" ? processes(context) : null,
        element("section", { class: "card" }, element("h2", {}, "Settings"), facts),
        api.offers("getSandboxEvents") ? events(context) : null);
    return { node };
}

function factsOf(sandbox) {
    const { resource_limits: limits, security, network } = sandbox;
    const pairs = object => Object.entries(object).map(([name, value]) => `${name} = ${value}`).join(", ");
    return [
        fact("Language", sandbox.language), fact("Image", sandbox.image), fact("Mode", sandbox.mode),
        fact("Isolation", `${security.isolation}, ${security.preset}, as ${security.user}`),
        fact("Memory", bytes(limits.memory_mb * MEBIBYTE)), fact("CPU", limits.cpu_cores === 1 ? "1 core" : `${limits.cpu_cores} cores`),
        fact("Disk", bytes(limits.disk_mb * MEBIBYTE)), fact("Processes", `at most ${count(limits.max_processes)}`),
        fact("Time of a run", `at most ${duration(limits.timeout_ms)}`),
        fact("Network", [network.egress, ...(network.allow ?? [])].join(", ")),
        fact("Ports", sandbox.ports.map(port => `${port.host_port} → ${port.guest_port}/${port.protocol}`).join(", ")),
        fact("Health", sandbox.health_check ? sandbox.health : null),
        fact("Working directory", element("code", {}, sandbox.working_dir)),
        fact("Variables", sandbox.env.map(([name]) => name).join(", ")),
        fact("Metadata", pairs(sandbox.metadata)),
        fact("Created", moment(sandbox.created_at)), fact("Last used", ago(sandbox.last_used_at)),
        fact("Expires", sandbox.expires_at ? moment(sandbox.expires_at) : null),
    ].flat();
}

/** One figure with its graph. */
function figure(title, format) {
    const line = new Sparkline(title, format);
    const value = element("span", { class: "value" }, "–");
    const note = element("span", { class: "note" });
    const node = element("div", { class: "card figure-card" },
        element("h2", {}, title), element("p", {}, value, note), line.node);
    return {
        node,
        show(figure, text, more, ceiling) {
            line.add(figure, ceiling);
            setText(value, text);
            setText(note, more);
        },
    };
}

function liveFigures({ api, id, signal, onChange }) {
    let limits = null;
    onChange(sandbox => { limits = sandbox.resource_limits; });
    const memory = figure("Memory", bytes);
    const processor = figure("CPU", percent);
    const number = figure("Processes", count);
    const disk = element("div", { class: "card figure-card" });
    let before = null;
    function show(now) {
        const cores = before ? Math.max(0, now.cpu_time_ms - before.cpu_time_ms) / (now.time - before.time) : 0;
        memory.show(now.memory_bytes, bytes(now.memory_bytes),
            `of ${bytes(limits.memory_mb * MEBIBYTE)}, peak ${bytes(now.memory_peak_bytes)}`, MEBIBYTE);
        processor.show(cores, percent(cores),
            `of ${percent(limits.cpu_cores)}, throttled ${duration(now.cpu_throttled_ms)}`, limits.cpu_cores / 4);
        number.show(now.processes, count(now.processes), `of ${count(limits.max_processes)}`, 4);
        disk.replaceChildren(...diskFigures(now, limits));
        before = now;
    }
    poll(api, 2000, signal, async () => {
        const metrics = await api.get(api.path(id, "metrics"), { signal });
        show({ time: performance.now(), ...metrics });
    });
    return element("section", { class: "cards", "aria-label": "Live figures" }, memory.node, processor.node, number.node, disk);
}

function diskFigures(metrics, limits) {
    const whole = limits.disk_mb * MEBIBYTE;
    const network = metrics.network_rx_bytes + metrics.network_tx_bytes;
    return [
        element("h2", {}, "Disk"),
        element("p", {}, element("span", { class: "value" }, bytes(metrics.disk_used_bytes)),
            element("span", { class: "note" }, `of ${bytes(whole)}, ${count(metrics.disk_files_used)} files`)),
        meter("Disk", metrics.disk_used_bytes, whole),
        element("p", { class: "note", hidden: network === 0 },
            `network ${bytes(metrics.network_rx_bytes)} in, ${bytes(metrics.network_tx_bytes)} out`),
    ];
}

/** The processes that live with the sandbox. */
function processes({ api, id, signal }) {
    const table = new Table({
        label: "Processes", key: process => process.id, empty: "None.",
        columns: [
            textColumn("Process", ({ name, command }) => name ?? command.join(" "), "wide"),
            { title: "Status", make: ({ status }) => badge(status), update: (node, { status }) => setBadge(node, status) },
            textColumn("Pid", ({ pid }) => (pid ? String(pid) : null), "number extra"),
            textColumn("CPU", ({ cpu_time_ms: time }) => duration(time), "number"),
            textColumn("Memory peak", ({ memory_peak_bytes: peak }) => (peak ? bytes(peak) : null), "number extra"),
            textColumn("Started", ({ started_at: time }) => ago(time), "number"),
        ],
    });
    return list("Processes", table, signal, api, async () =>
        (await api.get(api.path(id, "processes"), { signal, query: { per_page: 50 } })).data);
}

/** What happened to the sandbox, the newest first. */
function events({ api, id, signal }) {
    const table = new Table({
        label: "Events", key: event => event.seq, empty: "None.",
        columns: [
            textColumn("Event", ({ type }) => type.replaceAll("_", " ")), textColumn("Reason", ({ reason }) => reason, "wide"),
            textColumn("Time", ({ at }) => ago(at), "number"),
        ],
    });
    return list("Events", table, signal, api, async () =>
        (await api.get(api.path(id, "events"), { signal })).data.slice(-8).reverse());
}

/** A card with a list that is read again and again. It is hidden while the list is empty. */
function list(title, table, signal, api, read) {
    const node = element("section", { class: "card", hidden: true }, element("h2", {}, title), table.node);
    poll(api, 3000, signal, async () => {
        const items = await read();
        table.show(items);
        node.hidden = items.length === 0;
    });
    return node;
}
