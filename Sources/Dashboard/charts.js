// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import { element, setText, svg } from "./dom.js";

const WIDTH = 240;
const HEIGHT = 48;

/** The points of a line from the left edge to the right edge, the newest value at the right. */
function points(values, room, most) {
    const step = WIDTH / Math.max(1, room - 1);
    const left = WIDTH - step * (values.length - 1);
    return values.map((value, index) => {
        const height = most > 0 ? Math.min(1, value / most) : 0;
        return [left + index * step, HEIGHT - 1.5 - height * (HEIGHT - 3)];
    });
}

function line(values, room, most) {
    return points(values, room, most).map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
}

/** A small graph of the last values of one figure. */
export class Sparkline {
    #values = [];
    #line = svg("polyline", { class: "line" });
    #area = svg("polygon", { class: "area" });

    /** @param room how many values it shows. */
    constructor(label, format, room = 60) {
        this.label = label;
        this.format = format;
        this.room = room;
        this.node = svg("svg", {
            class: "sparkline", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img",
            "aria-label": label,
        }, this.#area, this.#line);
    }

    /** @param ceiling the value at the top edge; by default the largest value that it shows. */
    add(value, ceiling) {
        this.#values.push(value);
        if (this.#values.length > this.room) this.#values.shift();
        const most = Math.max(ceiling ?? 0, ...this.#values);
        const text = line(this.#values, this.room, most);
        this.#line.setAttribute("points", text);
        const first = points(this.#values, this.room, most)[0][0].toFixed(1);
        this.#area.setAttribute("points", `${first},${HEIGHT} ${text} ${WIDTH},${HEIGHT}`);
        const highest = Math.max(...this.#values);
        this.node.setAttribute("aria-label",
            `${this.label}: now ${this.format(value)}, highest ${this.format(highest)}`);
    }
}

/** A graph of several figures over the same time, with a legend. */
export class LineChart {
    #lines = new Map();
    #values = new Map();
    #latest = new Map();
    #top = element("span", { class: "axis" });

    /** @param series the names, from the calmest to the most visible. */
    constructor(label, series, format, room = 90) {
        this.label = label;
        this.format = format;
        this.room = room;
        const grid = [0.25, 0.5, 0.75].map(part =>
            svg("line", { class: "grid", x1: 0, x2: WIDTH, y1: HEIGHT * part, y2: HEIGHT * part }));
        this.graph = svg("svg", {
            class: "chart", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img",
            "aria-label": label,
        }, grid);
        const legend = element("ul", { class: "legend" });
        series.forEach((name, index) => {
            this.#values.set(name, []);
            this.#lines.set(name, svg("polyline", { class: `line series-${index}` }));
            this.#latest.set(name, element("b", {}, "–"));
            legend.append(element("li", { class: `series-${index}` }, name, " ", this.#latest.get(name)));
        });
        this.graph.append(...this.#lines.values());
        this.node = element("figure", { class: "chart-frame" },
            element("div", { class: "plot" }, this.graph, this.#top), element("figcaption", {}, legend));
    }

    /** Adds a value for each name. Null repeats the last one in the line, and shows a dash. */
    add(values) {
        for (const [name, list] of this.#values) {
            const value = values[name];
            list.push(value ?? list.at(-1) ?? 0);
            if (list.length > this.room) list.shift();
            setText(this.#latest.get(name), value === null ? "–" : this.format(value));
        }
        const most = Math.max(...[...this.#values.values()].flat());
        for (const [name, list] of this.#values) {
            this.#lines.get(name).setAttribute("points", line(list, this.room, most * 1.05));
        }
        setText(this.#top, most > 0 ? this.format(most) : "");
        const words = [...this.#latest].map(([name, node]) => `${name} ${node.textContent}`);
        this.graph.setAttribute("aria-label", `${this.label}: ${words.join(", ")}`);
    }
}

/** A bar that shows a part of a whole. */
export function meter(label, part, whole) {
    const share = whole > 0 ? Math.min(1, part / whole) : 0;
    const bar = element("span", { class: "bar" });
    bar.style.width = part > 0 ? `max(3px, ${(share * 100).toFixed(1)}%)` : "0";
    return element("span", {
        class: "meter", role: "meter", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": whole,
        "aria-valuenow": part, "data-level": share > 0.9 ? "high" : "normal",
    }, bar);
}
