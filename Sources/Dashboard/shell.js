// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import { badge, element, setBadge } from "./dom.js";
import { showJob } from "./job.js";
import { showJobs } from "./jobs.js";
import { poll } from "./poll.js";
import { showSandbox } from "./sandbox.js";
import { showSandboxes } from "./sandboxes.js";
import { ServerHistory, showServer } from "./server.js";
import { themeSwitch } from "./theme.js";

const PLACES = [["sandboxes", "Sandboxes"], ["jobs", "Jobs"], ["server", "Server"]];

/** Shows the frame of the page, and in it the view that the address names, until `signal` aborts. */
export function showShell(api, signal, signOut) {
    const links = PLACES.map(([name, title]) => element("a", { href: `#/${name}` }, title));
    const state = badge("connecting");
    const view = element("main", { id: "view", tabindex: -1 });
    const skip = element("a", {
        class: "skip", href: "#view", click: event => {
            event.preventDefault();
            view.focus();
        },
    }, "Skip to the content");
    document.body.replaceChildren(skip,
        element("header", { class: "top" },
            element("a", { class: "brand", href: "#/sandboxes" },
                element("img", { src: "dashboard/icon.svg", alt: "", width: 22, height: 22 }), "Outpost"),
            element("nav", { "aria-label": "Places" }, links),
            element("div", { class: "top-end" }, state,
                element("span", { class: "namespace", title: "The namespace" }, api.namespace), themeSwitch(),
                element("button", { class: "quiet", click: signOut }, "Sign out"))),
        view);
    const history = new ServerHistory(api);
    poll(api, 2000, signal, () => history.read(), error => setBadge(state, error ? "unreachable" : "connected"));
    history.onReady = isReady => setBadge(state, isReady ? "connected" : "not_ready");
    route(api, history, view, links, signal);
}

function route(api, history, view, links, signal) {
    let current = new AbortController();
    let shown = null;
    function change() {
        const [, place = "sandboxes", id, part] = location.hash.split("/").map(decodeURIComponent);
        for (const link of links) {
            if (link.hash === `#/${place}`) link.setAttribute("aria-current", "page");
            else link.removeAttribute("aria-current");
        }
        if (shown?.select && shown.place === place && shown.id === id) return shown.select(part);
        const isFirst = shown === null;
        for (const dialog of document.querySelectorAll("dialog")) dialog.close();
        current.abort();
        current = new AbortController();
        shown = { ...show({ api, history, place, id, part, signal: current.signal }), place, id };
        view.replaceChildren(shown.node);
        document.title = `${shown.node.querySelector("h1")?.textContent ?? place} · Outpost`;
        // A reader that hears the page goes on at the new view.
        if (!isFirst && !view.contains(document.activeElement)) view.focus({ preventScroll: true });
    }
    addEventListener("hashchange", change, { signal });
    signal.addEventListener("abort", () => current.abort());
    change();
}

/** The view of a place, as its node and, where it has parts, a function that selects one. */
function show({ api, history, place, id, part, signal }) {
    if (place === "sandboxes" && id) return showSandbox(api, id, part, signal);
    if (place === "jobs" && id) return { node: showJob(api, id, signal) };
    if (place === "jobs") return { node: showJobs(api, signal) };
    if (place === "server") return { node: showServer(api, history, signal) };
    return { node: showSandboxes(api, signal) };
}
