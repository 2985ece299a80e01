// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import { Sparkline } from "./charts.js";
import { field, say, showForm } from "./dialogs.js";
import { badge, element, setBadge, setText } from "./dom.js";
import { ago, bytes } from "./format.js";
import { poll } from "./poll.js";
import { Pager, Table, textColumn } from "./table.js";

const STATUSES = ["creating", "ready", "running", "paused", "unhealthy", "failed", "deleting"];
/** The most sandboxes of a page whose memory is shown. Each one is a call. */
const MOST_MEASURED = 12;

/** The list of the namespace's sandboxes. */
export function showSandboxes(api, signal) {
    const state = { page: 1, status: "", filter: "" };
    const memory = new Map();
    const table = new Table({
        label: "Sandboxes", key: sandbox => sandbox.id, columns: columns(memory).filter(({ kind }) => kind !== "graph" || api.offers("getSandboxMetrics")),
        empty: "There is no such sandbox. “New sandbox” makes one.",
    });
    const pager = new Pager(state, load);
    const total = element("span", { class: "count" });
    const problem = element("p", { class: "problem", role: "alert", hidden: true });
    let listed = [];

    async function load() {
        const { data, pagination } = await api.get(api.path(), {
            signal, query: { page: state.page, per_page: 50, status: state.status },
        });
        listed = data;
        show();
        pager.show(pagination);
        setText(total, String(pagination.total));
    }
    function show() {
        const words = state.filter.toLowerCase();
        table.show(listed.filter(({ id, name, language }) =>
            [id, name ?? "", language].some(text => text.toLowerCase().includes(words))));
    }
    poll(api, 3000, signal, load, error => {
        problem.hidden = !error;
        problem.textContent = error?.message ?? "";
    });
    if (api.offers("getSandboxMetrics")) poll(api, 3000, signal, () => measure(api, listed, memory, signal));

    return element("section", { class: "page" },
        element("div", { class: "bar-top" },
            element("h1", {}, "Sandboxes"), total,
            element("div", { class: "tools" },
                filterInput("Filter by name, id or language", signal, text => {
                    state.filter = text;
                    show();
                }),
                statusSelect(STATUSES, status => {
                    state.status = status;
                    state.page = 1;
                    load().catch(() => {});
                }),
                element("button", { class: "primary", click: () => create(api) }, "New sandbox"))),
        problem, table.node, pager.node);
}

/** A field for text that the key `/` goes to. */
export function filterInput(label, signal, onInput) {
    const input = element("input", {
        type: "search", placeholder: label, "aria-label": label, "aria-keyshortcuts": "/",
        input: () => onInput(input.value),
    });
    addEventListener("keydown", event => {
        if (event.key !== "/" || event.target.closest("input, textarea, select, dialog, .screen")) return;
        event.preventDefault();
        input.focus();
    }, { signal });
    return input;
}

export function statusSelect(statuses, onChange) {
    return element("select", { "aria-label": "Status", change: event => onChange(event.target.value) },
        element("option", { value: "" }, "any status"), statuses.map(status => element("option", {}, status)));
}

function columns(memory) {
    return [
        {
            title: "Sandbox",
            make: ({ id }) => element("a", { class: "name", href: `#/sandboxes/${id}` },
                element("span"), element("code", {}, id)),
            update: (link, { name }) => setText(link.firstElementChild, name ?? ""),
        },
        { title: "Status", make: ({ status }) => badge(status), update: (node, { status }) => setBadge(node, status) },
        textColumn("Language", ({ language }) => language, "extra"),
        textColumn("Mode", ({ mode }) => mode, "extra"),
        {
            title: "Memory", kind: "graph",
            make: ({ id }) => {
                const line = new Sparkline("Memory", bytes, 40);
                const text = element("span", { class: "figure" }, "–");
                memory.set(id, { line, text });
                return element("span", { class: "live" }, line.node, text);
            },
        },
        textColumn("Limit", ({ resource_limits: limits }) =>
            `${bytes(limits.memory_mb * 1048576)} · ${limits.cpu_cores} CPU`, "number extra"),
        textColumn("Last used", ({ last_used_at: time }) => ago(time), "number"),
        textColumn("Created", ({ created_at: time }) => ago(time), "number extra"),
    ];
}

/** Reads the memory of sandboxes that may be up. An ephemeral sandbox is up during a run only. */
async function measure(api, listed, memory, signal) {
    const measured = listed.filter(({ mode, status }) => mode === "stateful" && ["ready", "running"].includes(status));
    for (const { id } of measured.slice(0, MOST_MEASURED)) {
        try {
            const { memory_bytes: used } = await api.get(api.path(id, "metrics"), { signal });
            const cell = memory.get(id);
            cell?.line.add(used);
            if (cell) setText(cell.text, bytes(used));
        } catch (error) {
            // It was deleted meanwhile.
            if (error.status !== 404) throw error;
        }
    }
}

async function create(api) {
    const languages = await api.get("auth/v1/languages").then(({ data }) => data, () => []);
    const names = languages.filter(({ available }) => available).map(({ name }) => name);
    showForm({
        title: "New sandbox", action: "Create",
        fields: [
            field("Name", element("input", { name: "name", autocomplete: "off", spellcheck: "false" }), "Optional."),
            element("div", { class: "pair" },
                field("Language", element("select", { name: "language" },
                    names.map(name => element("option", { selected: name === "python" }, name)))),
                field("Mode", element("select", { name: "mode" },
                    element("option", {}, "stateful"), element("option", {}, "ephemeral")))),
            element("div", { class: "pair" },
                field("Memory, MiB", element("input", { name: "memory", type: "number", min: 4, placeholder: "default" })),
                field("CPU cores", element("input", { name: "cpu", type: "number", min: 0.01, step: 0.01, placeholder: "default" }))),
        ],
        async submit(form) {
            const limits = {};
            if (form.get("memory")) limits.memory_mb = Number(form.get("memory"));
            if (form.get("cpu")) limits.cpu_cores = Number(form.get("cpu"));
            const sandbox = await api.post(api.path(), {
                language: form.get("language"), mode: form.get("mode"), resource_limits: limits,
                ...(form.get("name") ? { name: form.get("name") } : {}),
            });
            say(`${sandbox.name ?? sandbox.id} is ${sandbox.status}.`);
            location.hash = `#/sandboxes/${sandbox.id}`;
        },
    });
}
