// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import { element } from "./dom.js";

let shown = 0;

/**
 * Shows a form in a dialog until the user leaves it or `submit` succeeds. An error of `submit` is shown in the form.
 *
 * @param submit gets the form's data.
 */
export function showForm({ title, fields, action, isDangerous = false, submit }) {
    const heading = `dialog-${shown += 1}`;
    const problem = element("p", { class: "problem", role: "alert", hidden: true });
    const done = element("button", { type: "submit", class: isDangerous ? "danger" : "primary" }, action);
    const form = element("form", { method: "dialog", class: "stack" },
        element("h2", { id: heading }, title), fields, problem,
        element("div", { class: "actions" },
            element("button", { type: "button", click: () => dialog.close() }, "Cancel"), done));
    const dialog = element("dialog", { "aria-labelledby": heading, close: () => dialog.remove() }, form);
    form.addEventListener("submit", async event => {
        event.preventDefault();
        done.disabled = true;
        try {
            await submit(new FormData(form));
            dialog.close();
        } catch (error) {
            problem.hidden = false;
            problem.textContent = error.message;
        } finally {
            done.disabled = false;
        }
    });
    document.body.append(dialog);
    dialog.showModal();
}

/** Asks before something that cannot be undone. */
export function confirm(title, text, action, submit) {
    showForm({ title, fields: [element("p", {}, text)], action, isDangerous: true, submit });
}

/** A control of a form below its name. */
export function field(label, control, hint = null) {
    return element("label", { class: "field" }, element("span", {}, label), control,
        hint ? element("small", {}, hint) : null);
}

const messages = element("div", { class: "messages", role: "status" });

/** Shows a short message for some seconds. */
export function say(text, kind = "plain") {
    if (!messages.isConnected) document.body.append(messages);
    const message = element("p", { "data-kind": kind }, text);
    messages.append(message);
    setTimeout(() => message.remove(), kind === "problem" ? 9000 : 4000);
}

/** Runs `action`, and says its error if it has one. */
export async function attempt(action) {
    try {
        return await action();
    } catch (error) {
        if (error.name !== "AbortError") say(error.message, "problem");
        return undefined;
    }
}
