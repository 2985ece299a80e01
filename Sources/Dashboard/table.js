// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import { element, reconcile } from "./dom.js";

/**
 * A table whose rows stay in place while their values change.
 *
 * A column is `{ title, kind, make(item), update(node, item) }`: `make` returns the content of a cell, and `update`
 * changes it. `kind` is `number` for figures, or `extra` for what a narrow screen leaves out.
 */
export class Table {
    #body = element("tbody");
    #rows = new WeakMap();

    /** @param empty what it says when there are no items. */
    constructor({ label, columns, key, empty }) {
        this.columns = columns;
        this.key = key;
        this.empty = element("p", { class: "empty", hidden: true }, empty);
        this.table = element("table", { "aria-label": label },
            element("thead", {}, element("tr", {},
                columns.map(({ title, kind }) => element("th", { scope: "col", class: kind }, title)))),
            this.#body);
        this.node = element("div", { class: "table-frame" }, this.table, this.empty);
        this.#body.addEventListener("keydown", moveFocus);
    }

    show(items) {
        reconcile(this.#body, items, {
            key: this.key, make: item => this.#make(item), update: (row, item) => this.#update(row, item),
        });
        this.empty.hidden = items.length > 0;
        this.table.hidden = items.length === 0;
    }

    #make(item) {
        const contents = this.columns.map(column => column.make(item));
        const row = element("tr", {}, contents.map((content, index) =>
            element("td", { class: this.columns[index].kind }, content)));
        this.#rows.set(row, contents);
        return row;
    }

    #update(row, item) {
        this.columns.forEach((column, index) => column.update?.(this.#rows.get(row)[index], item));
    }
}

/** The arrow keys move between the first links of the rows. */
function moveFocus(event) {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (!step || !event.target.matches("a, button")) return;
    const next = event.target.closest("tr")[step]?.querySelector("a, button");
    if (!next) return;
    event.preventDefault();
    next.focus();
}

/** A column of text that `text` takes from an item. */
export function textColumn(title, text, kind = "") {
    return {
        title, kind,
        make: () => element("span"),
        update(node, item) {
            const value = text(item) ?? "–";
            if (node.textContent !== value) node.textContent = value;
        },
    };
}

/** The buttons for the pages of a list, in `state.page`. `load` loads the page. */
export class Pager {
    #text = element("span");
    #before;
    #after;

    constructor(state, load) {
        const go = step => () => {
            state.page += step;
            load();
        };
        this.#before = element("button", { click: go(-1), "aria-label": "Previous page" }, "‹");
        this.#after = element("button", { click: go(1), "aria-label": "Next page" }, "›");
        this.node = element("div", { class: "pager", hidden: true }, this.#before, this.#text, this.#after);
    }

    show({ page, total_pages: pages, total }) {
        this.node.hidden = pages < 2;
        this.#text.textContent = `page ${page} of ${pages}, ${total} in all`;
        this.#before.disabled = page <= 1;
        this.#after.disabled = page >= pages;
    }
}
