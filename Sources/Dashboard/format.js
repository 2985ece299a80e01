// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** A number with at most three significant digits, but never fewer than it has before the point. */
function short(value) {
    if (value >= 100 || Number.isInteger(value)) return String(Math.round(value));
    return value.toFixed(value >= 10 ? 1 : 2);
}

export function bytes(count) {
    let unit = 0;
    while (count >= 1024 && unit < UNITS.length - 1) {
        count /= 1024;
        unit += 1;
    }
    return `${short(count)} ${UNITS[unit]}`;
}

/** A duration that is given in milliseconds. */
export function duration(milliseconds) {
    if (milliseconds === null || milliseconds === undefined || Number.isNaN(milliseconds)) return "–";
    if (milliseconds < 1000) return `${short(milliseconds)} ms`;
    const seconds = milliseconds / 1000;
    if (seconds < 60) return `${short(seconds)} s`;
    const whole = Math.round(seconds);
    if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
    if (whole < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
    return `${Math.floor(whole / 86400)} d ${Math.floor((whole % 86400) / 3600)} h`;
}

/** The time since a moment, in one unit. */
export function ago(time) {
    if (!time) return "–";
    const seconds = Math.max(0, (Date.now() - Date.parse(time)) / 1000);
    if (seconds < 5) return "now";
    if (seconds < 60) return `${Math.floor(seconds)} s ago`;
    if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
    if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
    return `${Math.floor(seconds / 86400)} d ago`;
}

/** A moment in the zone of the reader. */
export function moment(time) {
    if (!time) return "–";
    return new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

export function count(value) {
    return Math.round(value).toLocaleString("en");
}

export function percent(part) {
    return `${short(part * 100)} %`;
}

/** The milliseconds between two moments; until now when the second is missing. */
export function span(start, end) {
    if (!start) return null;
    return (end ? Date.parse(end) : Date.now()) - Date.parse(start);
}

/** The permissions of a file, such as `rw-r--r--`, of a number or a text in octal. */
export function mode(value) {
    const bits = typeof value === "string" ? parseInt(value, 8) : value;
    if (!Number.isFinite(bits)) return "";
    return Array.from("rwxrwxrwx", (letter, place) => (bits & (0o400 >> place) ? letter : "-")).join("");
}
