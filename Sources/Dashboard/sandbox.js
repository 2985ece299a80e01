// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import { attempt, confirm, field, say, showForm } from "./dialogs.js";
import { badge, element, setBadge, setText } from "./dom.js";
import { showFiles } from "./files.js";
import { showOverview } from "./overview.js";
import { poll } from "./poll.js";
import { showRuns } from "./runs.js";
import { showTerminal } from "./terminal.js";

const PARTS = [
    ["overview", "Overview", showOverview], ["terminal", "Terminal", showTerminal], ["files", "Files", showFiles],
    ["runs", "Runs", showRuns],
];

/** One sandbox. A part that was shown stays in the background, so a terminal goes on while files are shown. */
export function showSandbox(api, id, part, signal) {
    const status = badge("loading");
    const title = element("h1", {}, id);
    const actions = element("div", { class: "tools" });
    const problem = element("p", { class: "problem", role: "alert", hidden: true });
    const links = PARTS.map(([name, text]) => element("a", { href: `#/sandboxes/${id}/${name}` }, text));
    const body = element("div", { class: "part-frame" });
    const listeners = new Set();
    const context = { api, id, signal, sandbox: null, onChange: listener => {
        listeners.add(listener);
        if (context.sandbox) listener(context.sandbox);
    } };
    const parts = new Map();
    let selected = null;

    function select(name) {
        const known = PARTS.find(([one]) => one === name) ?? PARTS[0];
        selected = known[0];
        links.forEach((link, index) => {
            if (PARTS[index] === known) link.setAttribute("aria-current", "page");
            else link.removeAttribute("aria-current");
        });
        if (context.sandbox) open();
    }
    function open() {
        const [, , show] = PARTS.find(([name]) => name === selected);
        if (!parts.has(selected)) {
            parts.set(selected, show(context));
            body.append(parts.get(selected).node);
        }
        for (const [name, { node }] of parts) node.hidden = name !== selected;
        parts.get(selected).shown?.();
    }

    const buttons = actionButtons(context, refresh);
    actions.append(...buttons.nodes);
    async function refresh() {
        const isFirst = context.sandbox === null;
        context.sandbox = await api.get(api.path(id), { signal });
        setText(title, context.sandbox.name ?? id);
        setBadge(status, context.sandbox.status);
        buttons.show(context.sandbox);
        for (const listener of listeners) listener(context.sandbox);
        if (isFirst) open();
    }
    poll(api, 2000, signal, refresh, error => {
        problem.hidden = !error;
        problem.textContent = error?.message ?? "";
        if (error?.status === 404) setBadge(status, "deleted");
    });
    select(part);
    const node = element("section", { class: "page sandbox" },
        element("a", { class: "back", href: "#/sandboxes" }, "‹ Sandboxes"),
        element("div", { class: "bar-top" }, title, status, element("code", { class: "id" }, id), actions),
        problem,
        element("nav", { class: "parts", "aria-label": "Parts of the sandbox" }, links), body);
    return { node, select };
}

/** The buttons that change the sandbox. A call that the server does not have takes its button away. */
function actionButtons({ api, id }, refresh) {
    const pause = element("button", { click: () => attempt(async () => {
        await api.post(api.path(id, pause.dataset.verb));
        await refresh();
    }) });
    const snapshot = element("button", { click: () => askSnapshot(api, id) }, "Snapshot");
    const remove = element("button", {
        class: "danger", click: () => confirm("Delete this sandbox?",
            "Its programs end, and its files are gone. This cannot be undone.", "Delete", async () => {
                await api.delete(api.path(id));
                location.hash = "#/sandboxes";
            }),
    }, "Delete");
    function show({ status, mode }) {
        pause.dataset.verb = status === "paused" ? "resume" : "pause";
        setText(pause, status === "paused" ? "Resume" : "Pause");
        pause.hidden = !api.offers("pauseSandbox") || mode !== "stateful" ||
            !["ready", "running", "unhealthy", "paused"].includes(status);
        snapshot.hidden = !api.offers("createSnapshot") || mode !== "stateful";
    }
    return { nodes: [pause, snapshot, remove], show };
}

function askSnapshot(api, id) {
    showForm({
        title: "Take a snapshot", action: "Take it",
        fields: [field("Name", element("input", { name: "name", autocomplete: "off", spellcheck: "false" }), "Optional.")],
        async submit(form) {
            const body = form.get("name") ? { name: form.get("name") } : {};
            const snapshot = await api.post(api.path(id, "snapshot"), body);
            say(`The snapshot is ${snapshot.id}.`);
        },
    });
}
