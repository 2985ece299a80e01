// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import { attempt } from "./dialogs.js";
import { badge, element, setBadge, setText } from "./dom.js";
import { ago, bytes, duration } from "./format.js";
import { Log } from "./log.js";
import { poll } from "./poll.js";
import { Table, textColumn } from "./table.js";

/** A field for code that runs in the sandbox, and the recent runs. */
export function showRuns(context) {
    const { api, id, signal } = context;
    const code = element("textarea", {
        "aria-label": "Code", rows: 7, spellcheck: "false", placeholder: `Code in ${context.sandbox.language}`,
        keydown: event => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
        },
    });
    const button = element("button", { class: "primary", click: () => run() }, "Run");
    const stop = element("button", { hidden: true }, "Stop");
    const status = badge("idle");
    const figures = element("span", { class: "note" });
    const output = element("div");
    let isRunning = false;

    async function run() {
        if (isRunning || code.value.trim() === "") return;
        isRunning = true;
        button.disabled = true;
        const ending = new AbortController();
        stop.hidden = false;
        stop.onclick = () => ending.abort();
        const log = new Log();
        output.replaceChildren(log.node);
        setBadge(status, "running");
        setText(figures, "");
        await attempt(() => follow(log, AbortSignal.any([ending.signal, signal])));
        if (status.dataset.status === "running") setBadge(status, ending.signal.aborted ? "cancelled" : "failed");
        stop.hidden = true;
        button.disabled = false;
        isRunning = false;
    }
    async function follow(log, ended) {
        const options = { json: { code: code.value }, signal: ended };
        for await (const event of api.events("POST", api.path(id, "exec"), options)) {
            if (event.name === "stdout" || event.name === "stderr") log.addEvent(event);
            if (event.name !== "end") continue;
            setBadge(status, event.data.status);
            setText(figures, resultText(event.data));
            if (event.data.compile?.exit_code) log.add("stderr", event.data.compile.stderr);
            if (event.data.message) log.add("stderr", `${event.data.message}\n`);
        }
    }

    const node = element("div", { class: "part" },
        element("section", { class: "card", "aria-label": "Run code" }, code,
            element("div", { class: "bar-part" }, status, figures,
                element("div", { class: "tools" }, element("span", { class: "note extra" }, "Ctrl+Enter runs it"), stop, button)),
            output),
        list(context));
    return { node };
}

/** The result of a run in one line. */
export function resultText({ exit_code: code, signal, limit, duration_ms: wall, cpu_time_ms: cpu, memory_peak_bytes: peak }) {
    return [
        signal ? `ended by ${signal}` : code === null ? null : `exit code ${code}`, limit ? `${limit} time limit` : null,
        duration(wall), `${duration(cpu)} CPU`, `${bytes(peak)} peak`,
    ].filter(Boolean).join(" · ");
}

function list({ api, id, signal }) {
    const table = new Table({
        label: "Runs", key: run => run.id, empty: "Nothing has run since the server started.",
        columns: [
            textColumn("Run", run => run.id, "code"),
            { title: "Status", make: ({ status }) => badge(status), update: (node, { status }) => setBadge(node, status) },
            textColumn("Exit", ({ exit_code: code, signal: name }) => name ?? (code === null ? null : String(code)), "number extra"),
            textColumn("Duration", run => duration(run.duration_ms), "number"),
            textColumn("CPU", run => duration(run.cpu_time_ms), "number extra"),
            textColumn("Memory peak", run => (run.memory_peak_bytes ? bytes(run.memory_peak_bytes) : null), "number extra"),
            textColumn("Started", run => ago(run.started_at), "number"),
        ],
    });
    poll(api, 2500, signal, async () => {
        table.show((await api.get(api.path(id, "executions"), { signal, query: { per_page: 50 } })).data);
    });
    return element("section", { class: "card" }, element("h2", {}, "Recent runs"), table.node);
}
