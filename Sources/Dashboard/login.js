// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import { API } from "./api.js";
import { element } from "./dom.js";
import { field } from "./dialogs.js";
import { themeSwitch } from "./theme.js";

/**
 * Shows the form for the token.
 *
 * @param reason why it is shown again, or null.
 * @param enter gets the session when the server has taken the token.
 */
export function showLogin(reason, enter) {
    const problem = element("p", { class: "problem", role: "alert", hidden: !reason }, reason ?? "");
    const token = element("input", {
        name: "token", type: "password", required: true, autocomplete: "off", spellcheck: "false",
        placeholder: "op_pat_…", autofocus: true,
    });
    const namespace = element("input", {
        name: "namespace", autocomplete: "off", spellcheck: "false", placeholder: "the token's own",
        pattern: "[a-z0-9]([a-z0-9\\-]{0,37}[a-z0-9])?",
    });
    const button = element("button", { class: "primary", type: "submit" }, "Sign in");
    const form = element("form", { class: "login stack" },
        element("div", { class: "brand" },
            element("img", { src: "dashboard/icon.svg", alt: "", width: 36, height: 36 }), element("h1", {}, "Outpost")),
        field("Token", token, "A personal access token, or an API key as name$secret. It stays in this tab."),
        field("Namespace", namespace), problem, button);
    form.addEventListener("submit", async event => {
        event.preventDefault();
        button.disabled = true;
        try {
            enter(await session(token.value.trim(), namespace.value));
        } catch (error) {
            problem.hidden = false;
            problem.textContent = error.status === 401 ? "The server does not know this token." : error.message;
            token.focus();
            token.select();
        } finally {
            button.disabled = false;
        }
    });
    document.body.replaceChildren(
        element("main", { class: "login-page" }, form, element("div", { class: "login-foot" }, themeSwitch())));
    token.focus();
}

/** Asks the server whether it takes the token, and for which namespace. */
async function session(token, namespace) {
    const api = new API({ token, namespace });
    const quotas = await api.get("auth/v1/quotas", { query: { namespace } });
    return { token, namespace: namespace || quotas.namespace };
}
