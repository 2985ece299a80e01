// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import { field, showForm } from "./dialogs.js";
import { badge, element, setBadge, setText } from "./dom.js";
import { ago, duration, span } from "./format.js";
import { poll } from "./poll.js";
import { statusSelect } from "./sandboxes.js";
import { Pager, Table, textColumn } from "./table.js";

const STATUSES = ["queued", "running", "succeeded", "failed", "cancelled", "timed_out"];

/** The namespace's jobs, the newest first. */
export function showJobs(api, signal) {
    const state = { page: 1, status: "" };
    const table = new Table({
        label: "Jobs", key: job => job.id, empty: "There is no such job. “New job” submits one.",
        columns: [
            {
                title: "Job",
                make: ({ id }) => element("a", { class: "name", href: `#/jobs/${id}` }, element("code", {}, id)),
            },
            { title: "Status", make: ({ status }) => badge(status), update: (node, { status }) => setBadge(node, status) },
            textColumn("Sandbox", job => job.sandbox_id, "code extra"),
            textColumn("Attempt", job => `${job.attempt} of ${job.max_attempts}`, "number extra"),
            textColumn("Priority", job => String(job.priority), "number extra"),
            textColumn("Waited", job => duration(span(job.created_at, job.started_at ?? job.completed_at)), "number extra"),
            textColumn("Ran", job => (job.started_at ? duration(span(job.started_at, job.completed_at)) : null), "number"),
            textColumn("Submitted", job => ago(job.created_at), "number"),
        ],
    });
    const pager = new Pager(state, load);
    const total = element("span", { class: "count" });
    const problem = element("p", { class: "problem", role: "alert", hidden: true });
    async function load() {
        const { data, pagination } = await api.get(api.path("jobs"), {
            signal, query: { page: state.page, per_page: 50, status: state.status },
        });
        table.show(data);
        pager.show(pagination);
        setText(total, String(pagination.total));
    }
    poll(api, 2000, signal, load, error => {
        problem.hidden = !error;
        problem.textContent = error?.message ?? "";
    });
    return element("section", { class: "page" },
        element("div", { class: "bar-top" }, element("h1", {}, "Jobs"), total,
            element("div", { class: "tools" },
                statusSelect(STATUSES, status => {
                    state.status = status;
                    state.page = 1;
                    load().catch(() => {});
                }),
                element("button", { class: "primary", click: () => submit(api) }, "New job"))),
        problem, table.node, pager.node);
}

async function submit(api) {
    const languages = await api.get("auth/v1/languages").then(({ data }) => data, () => []);
    const names = languages.filter(({ available }) => available).map(({ name }) => name);
    showForm({
        title: "New job", action: "Submit",
        fields: [
            field("Code", element("textarea", { name: "code", rows: 8, required: true, spellcheck: "false" })),
            element("div", { class: "pair" },
                field("Language", element("select", { name: "language" },
                    names.map(name => element("option", { selected: name === "python" }, name)))),
                field("Priority", element("input", { name: "priority", type: "number", min: -100, max: 100, value: 0 }))),
        ],
        async submit(form) {
            const job = await api.post(api.path("jobs"), {
                code: form.get("code"), language: form.get("language"), priority: Number(form.get("priority")),
            });
            location.hash = `#/jobs/${job.id}`;
        },
    });
}
