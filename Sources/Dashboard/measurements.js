// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/** The samples of one answer of /metrics, in the text format of Prometheus. */
export class Measurements {
    #samples = new Map();
    time = performance.now();

    constructor(text) {
        for (const line of text.split("\n")) {
            if (line === "" || line.startsWith("#")) continue;
            const [, name, labels, value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
            if (name === undefined) continue;
            if (!this.#samples.has(name)) this.#samples.set(name, []);
            this.#samples.get(name).push({ labels: parseLabels(labels), value: parseFloat(value) });
        }
    }

    /** The samples of a metric that have these labels. */
    all(name, wanted = {}) {
        const samples = this.#samples.get(name) ?? [];
        return samples.filter(({ labels }) => Object.entries(wanted).every(([key, value]) => labels[key] === value));
    }

    /** The sum of the samples of a metric that have these labels. */
    sum(name, wanted = {}) {
        return this.all(name, wanted).reduce((total, { value }) => total + value, 0);
    }

    /** The values of a label of a metric. */
    values(name, label) {
        return [...new Set(this.all(name).map(({ labels }) => labels[label]))];
    }

    /** A histogram, as a map of upper bounds to counts. */
    histogram(name, wanted = {}) {
        const counts = new Map();
        for (const { labels, value } of this.all(`${name}_bucket`, wanted)) {
            const bound = labels.le === "+Inf" ? Infinity : Number(labels.le);
            counts.set(bound, (counts.get(bound) ?? 0) + value);
        }
        return counts;
    }
}

function parseLabels(text = "") {
    const labels = {};
    for (const [, name, value] of text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
        labels[name] = value.replace(/\\(.)/g, (_, letter) => (letter === "n" ? "\n" : letter));
    }
    return labels;
}

/** What was counted between two histograms. Without an older one, or after a restart of the server, all of it. */
export function between(older, newer) {
    if (!older || (older.get(Infinity) ?? 0) > (newer.get(Infinity) ?? 0)) return newer;
    return new Map([...newer].map(([bound, count]) => [bound, count - (older.get(bound) ?? 0)]));
}

/**
 * A quantile of a histogram in the unit of its bounds, by straight lines within a bucket; null when it is empty.
 */
export function quantile(histogram, part) {
    const bounds = [...histogram.keys()].sort((one, other) => one - other);
    const total = histogram.get(Infinity) ?? 0;
    if (total <= 0) return null;
    const rank = part * total;
    let lower = 0;
    let below = 0;
    for (const bound of bounds) {
        const count = histogram.get(bound);
        if (count >= rank) {
            if (bound === Infinity) return lower;
            return lower + (bound - lower) * ((rank - below) / Math.max(count - below, 1e-9));
        }
        lower = bound;
        below = count;
    }
    return lower;
}
