// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import { element } from "./dom.js";

// Colours follow the system until the user chooses.

const KEY = "outpost.theme";
const CHOICES = { system: "Auto", light: "Light", dark: "Dark" };
const dark = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set();

function chosen() {
    const choice = localStorage.getItem(KEY);
    return choice in CHOICES ? choice : "system";
}

export function isDark() {
    return chosen() === "system" ? dark.matches : chosen() === "dark";
}

/** Calls `listener` when the colours change, until `signal` aborts. */
export function onChange(listener, signal) {
    listeners.add(listener);
    signal.addEventListener("abort", () => listeners.delete(listener));
}

export function apply() {
    document.documentElement.dataset.theme = isDark() ? "dark" : "light";
    for (const listener of listeners) listener();
}

/** The control that chooses the colours. */
export function themeSwitch() {
    const options = Object.entries(CHOICES).map(([choice, title]) =>
        element("option", { value: choice, selected: choice === chosen() }, title));
    return element("select", {
        class: "quiet", "aria-label": "Colours", change: event => {
            localStorage.setItem(KEY, event.target.value);
            apply();
        },
    }, options);
}

dark.addEventListener("change", apply);
