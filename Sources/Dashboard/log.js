// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import { element } from "./dom.js";
import { outputText } from "./events.js";

/** The most characters that a log keeps. The oldest go first. */
const MOST_KEPT = 1 << 20;

/** Output of a program as it comes. The view follows the end until the reader scrolls up. */
export class Log {
    #kept = 0;
    node = element("pre", { class: "log", role: "log", tabindex: 0, "aria-label": "Output" });

    /** Adds an event `stdout` or `stderr`. */
    addEvent({ name, data }) {
        this.add(name, outputText(data));
    }

    add(stream, text) {
        if (text === "") return;
        const follows = this.node.scrollHeight - this.node.scrollTop - this.node.clientHeight < 24;
        const clean = withoutControls(text);
        this.#kept += clean.length;
        if (this.node.lastChild?.className === stream) this.node.lastChild.append(clean);
        else this.node.append(element("span", { class: stream }, clean));
        while (this.#kept > MOST_KEPT) this.#dropOldest();
        if (follows) this.node.scrollTop = this.node.scrollHeight;
    }

    #dropOldest() {
        const first = this.node.firstChild;
        this.#kept -= first.firstChild.length;
        first.firstChild.remove();
        if (!first.firstChild) first.remove();
    }

    get text() {
        return this.node.textContent;
    }
}

/** Text without colours and other commands to a terminal (ECMA-48). */
function withoutControls(text) {
    return text.replace(/\x1b\[[0-?]*[ -/]*[@-~]|\x1b[@-Z\\-_]|\r(?=\n)/g, "");
}
