// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import { attempt } from "./dialogs.js";
import { badge, element, fact, setBadge, setText } from "./dom.js";
import { duration, moment, span } from "./format.js";
import { save } from "./files.js";
import { Log } from "./log.js";
import { pause, poll } from "./poll.js";
import { resultText } from "./runs.js";

const ENDED = ["succeeded", "failed", "cancelled", "timed_out"];

/** One job, with its output as it comes. */
export function showJob(api, id, signal) {
    const status = badge("loading");
    const facts = element("dl", { class: "facts" });
    const result = element("span", { class: "note" });
    const problem = element("p", { class: "problem", role: "alert", hidden: true });
    const log = new Log();
    const following = badge("waiting");
    const cancel = element("button", { class: "danger", hidden: true, click: () => attempt(async () => {
        await api.delete(api.path("jobs", id));
        await load();
    }) }, "Cancel");

    async function load() {
        const job = await api.get(api.path("jobs", id), { signal });
        const isEnded = ENDED.includes(job.status);
        setBadge(status, job.status);
        cancel.hidden = isEnded;
        facts.replaceChildren(...factsOf(job));
        setText(result, job.result ? resultText(job.result) : job.error?.message ?? "");
        return !isEnded;
    }
    poll(api, 1500, signal, load, error => {
        problem.hidden = !error;
        problem.textContent = error?.message ?? "";
    });
    follow(api, id, signal, log, following);
    return element("section", { class: "page" },
        element("a", { class: "back", href: "#/jobs" }, "‹ Jobs"),
        element("div", { class: "bar-top" }, element("h1", {}, id), status, result, element("div", { class: "tools" }, cancel)),
        problem,
        element("section", { class: "card" }, facts),
        element("section", { class: "card" },
            element("div", { class: "bar-part" }, element("h2", {}, "Output"), following,
                element("div", { class: "tools" },
                    element("button", { click: () => save(new Blob([log.text], { type: "text/plain" }), `${id}.log`) }, "Save"))),
            log.node));
}

/** Reads the output until the job ends. A connection that breaks is opened again, and the output begins anew. */
async function follow(api, id, signal, log, state) {
    while (!signal.aborted) {
        try {
            setBadge(state, "following");
            log.node.replaceChildren();
            for await (const event of api.events("GET", api.path("jobs", id, "logs"), { signal })) {
                if (event.name === "stdout" || event.name === "stderr") log.addEvent(event);
                if (event.name === "end") return setBadge(state, "complete");
            }
        } catch (error) {
            if (signal.aborted) return;
            setBadge(state, "interrupted");
            if (error.status && error.status < 500 && error.status !== 429) return;
        }
        await pause(2000, signal);
    }
}

function factsOf(job) {
    return [
        fact("Sandbox", element("code", {}, job.sandbox_id)), fact("Attempt", `${job.attempt} of ${job.max_attempts}`),
        fact("Priority", String(job.priority)), fact("Submitted", moment(job.created_at)),
        fact("Waited", duration(span(job.created_at, job.started_at ?? job.completed_at))),
        fact("Ran", job.started_at ? duration(span(job.started_at, job.completed_at)) : null),
        fact("Error", job.error ? `${job.error.code}: ${job.error.message}` : null),
    ].flat();
}
