// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

// The only way in which this page makes elements. Data becomes text nodes and attributes, never markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * Makes an element. A function among the attributes is a listener for the event of that name. `true` sets an empty
 * attribute; `false`, null and undefined set none. Null children are left out.
 */
export function element(name, attributes = {}, ...children) {
    return fill(document.createElement(name), attributes, children);
}

/** Makes an element of an SVG image, as `element` does. */
export function svg(name, attributes = {}, ...children) {
    return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
        if (typeof value === "function") node.addEventListener(name, value);
        else if (value === true) node.setAttribute(name, "");
        else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
    }
    node.append(...children.flat().filter(child => child !== null && child !== undefined));
    return node;
}

/**
 * Makes the children of `parent` those of `items`, in their order. Elements of items that stay are kept, so the focus
 * and the selection stay too.
 */
export function reconcile(parent, items, { key, make, update }) {
    const old = new Map(Array.from(parent.children, child => [child.dataset.key, child]));
    let place = parent.firstElementChild;
    for (const item of items) {
        const name = String(key(item));
        let child = old.get(name);
        if (child) {
            old.delete(name);
        } else {
            child = make(item);
            child.dataset.key = name;
        }
        update(child, item);
        if (child === place) place = place.nextElementSibling;
        else parent.insertBefore(child, place);
    }
    for (const child of old.values()) child.remove();
}

/** Sets the text of a node if it differs, so that a selection in it stays. */
export function setText(node, text) {
    if (node.textContent !== text) node.textContent = text;
}

/** Adds a row of a name and a value to a list of facts. Leaves it out when there is no value. */
export function fact(name, value) {
    if (value === null || value === undefined || value === "") return [];
    return [element("div", {}, element("dt", {}, name), element("dd", {}, value))];
}

/** A part of a view that has nothing to show, and says why. */
export function explanation(text) {
    return { node: element("p", { class: "empty" }, text) };
}

/** A state as a coloured dot with its name. */
export function badge(status) {
    return element("span", { class: "badge", "data-status": status }, status.replaceAll("_", " "));
}

/** Shows another status in an element of `badge`. */
export function setBadge(node, status) {
    node.dataset.status = status;
    setText(node, status.replaceAll("_", " "));
}
