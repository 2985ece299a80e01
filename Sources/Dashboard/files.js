// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import { attempt, confirm, field, say, showForm } from "./dialogs.js";
import { element, explanation, setText } from "./dom.js";
import { ago, bytes, mode as permissions } from "./format.js";
import { poll } from "./poll.js";
import { Table, textColumn } from "./table.js";

/** The largest file that is shown in the page. Larger ones are only downloaded. */
const MOST_SHOWN = 256 << 10;

/** The files of a stateful sandbox. */
export function showFiles(context) {
    const { api, sandbox } = context;
    if (!api.offers("getFile")) return explanation("This server has no calls for files.");
    if (sandbox.mode !== "stateful") return explanation("An ephemeral sandbox keeps no files. Only a stateful sandbox has files to show.");
    return new Files(context);
}

class Files {
    #context;
    #folder;
    #places = element("nav", { class: "places", "aria-label": "Folder" });
    #hint = element("p", { class: "hint", hidden: true });
    #transfers = element("div", { class: "transfers" });
    #preview = element("section", { class: "card preview", hidden: true, "aria-label": "File" });
    #table;

    constructor(context) {
        this.#context = context;
        this.#folder = context.sandbox.working_dir;
        this.#table = new Table({
            label: "Files", key: ({ name, type }) => `${type}/${name}`, empty: "This folder is empty.",
            columns: this.#columns(),
        });
        const input = element("input", {
            type: "file", multiple: true, class: "hidden-input", tabindex: -1, "aria-hidden": "true",
            change: () => {
                this.#upload(Array.from(input.files));
                input.value = "";
            },
        });
        const area = element("div", { class: "part files-part" },
            element("div", { class: "bar-part" }, this.#places,
                element("div", { class: "tools" }, input,
                    element("button", { click: () => this.#askFolder() }, "New folder"),
                    element("button", { class: "primary", click: () => input.click() }, "Upload"))),
            this.#hint, this.#transfers, this.#table.node, this.#preview);
        takeDrops(area, files => this.#upload(files));
        this.node = area;
        this.#watch();
    }

    /** Lists the folder now and again every few seconds, unless the sandbox cannot have files. */
    #watch() {
        const { api, signal } = this.#context;
        this.#showPlaces();
        poll(api, 4000, signal, async () => {
            if (this.node.hidden) return;
            try {
                await this.#load();
            } catch (error) {
                if (!error.status) throw error;
                setText(this.#hint, error.message);
                this.#hint.hidden = false;
            }
        });
    }

    #path(name) {
        const path = name === undefined ? this.#folder : `${this.#folder.replace(/\/$/, "")}/${name}`;
        // An absolute path keeps its first slash, as an empty first segment.
        return this.#context.api.path(this.#context.id, "files", ...path.split("/"));
    }

    async #load() {
        const { api, signal } = this.#context;
        const folder = this.#folder;
        const answer = await api.get(this.#path(), { signal, query: { list: "true" } });
        if (folder !== this.#folder) return;
        const entries = answer.data;
        const isFolder = ({ type }) => type === "directory";
        entries.sort((one, other) => isFolder(other) - isFolder(one) || one.name.localeCompare(other.name));
        this.#table.show(entries);
        this.#hint.hidden = true;
    }

    #go(folder) {
        this.#folder = folder;
        this.#preview.hidden = true;
        this.#showPlaces();
        this.#reload();
    }

    #reload() {
        return attempt(() => this.#load());
    }

    #showPlaces() {
        const names = this.#folder.split("/").filter(name => name !== "");
        const links = names.map((name, index) => element("button", {
            class: "place", click: () => this.#go(`/${names.slice(0, index + 1).join("/")}`),
        }, name));
        links.at(-1)?.setAttribute("aria-current", "location");
        this.#places.replaceChildren(
            element("button", { class: "place", "aria-label": "Root folder", click: () => this.#go("/") }, "/"), ...links);
    }

    #columns() {
        return [
            {
                title: "Name",
                make: entry => element("button", { class: `file ${entry.type}`, click: () => this.#open(entry) }, entry.name),
                update: (button, entry) => button.classList.toggle("target", Boolean(entry.target)),
            },
            textColumn("Size", ({ type, size }) => (type === "file" ? bytes(size) : "–"), "number"),
            textColumn("Mode", ({ mode }) => permissions(mode), "code extra"),
            textColumn("Modified", ({ modified_at: time }) => ago(time), "number extra"),
            {
                title: "", kind: "row-actions",
                make: entry => element("span", {},
                    entry.type === "file" ? element("button", {
                        class: "quiet", "aria-label": `Download ${entry.name}`, click: () => this.#download(entry),
                    }, "Download") : null,
                    element("button", {
                        class: "quiet", "aria-label": `Delete ${entry.name}`, click: () => this.#askDelete(entry),
                    }, "Delete")),
            },
        ];
    }

    #open(entry) {
        if (entry.type === "directory") this.#go(`${this.#folder.replace(/\/$/, "")}/${entry.name}`);
        else if (entry.type === "file") attempt(() => this.#show(entry));
    }

    /** Shows a text. Another file is offered for download only: what a sandbox stores never runs or is drawn here. */
    async #show(entry) {
        const { api, signal } = this.#context;
        const download = element("button", { click: () => this.#download(entry) }, "Download");
        const close = element("button", { click: () => { this.#preview.hidden = true; } }, "Close");
        let content;
        if (entry.size > MOST_SHOWN) {
            content = element("p", { class: "hint" }, `${bytes(entry.size)} are too many to show.`);
        } else {
            const data = await (await api.send("GET", this.#path(entry.name), { signal })).arrayBuffer();
            content = textOf(data);
        }
        this.#preview.replaceChildren(
            element("div", { class: "bar-part" }, element("h2", {}, entry.name),
                element("span", { class: "note" }, bytes(entry.size)), element("div", { class: "tools" }, download, close)),
            content);
        this.#preview.hidden = false;
        this.#preview.scrollIntoView({ block: "nearest" });
    }

    async #download(entry) {
        const transfer = this.#transfer(`Download ${entry.name}`);
        await attempt(async () => {
            const response = await this.#context.api.send("GET", this.#path(entry.name), { signal: transfer.signal });
            let taken = 0;
            const counted = response.body.pipeThrough(new TransformStream({
                transform(chunk, controller) {
                    taken += chunk.byteLength;
                    transfer.show(entry.size > 0 ? taken / entry.size : 1);
                    controller.enqueue(chunk);
                },
            }));
            // Always of a type that no browser runs.
            const headers = { "Content-Type": "application/octet-stream" };
            save(await new Response(counted, { headers }).blob(), entry.name);
        });
        transfer.end();
    }

    async #upload(files) {
        for (const file of files) {
            const transfer = this.#transfer(`Upload ${file.name}`);
            await attempt(() => this.#context.api.upload(
                this.#path(file.name), {}, file, part => transfer.show(part), transfer.signal));
            transfer.end();
        }
        this.#reload();
    }

    /** Shows a transfer, with a button that stops it. */
    #transfer(title) {
        const stop = new AbortController();
        const bar = element("progress", { max: 1, value: 0, "aria-label": title });
        const row = element("div", { class: "transfer" }, element("span", {}, title), bar,
            element("button", { class: "quiet", click: () => stop.abort() }, "Stop"));
        this.#transfers.append(row);
        return {
            signal: AbortSignal.any([stop.signal, this.#context.signal]), end: () => row.remove(),
            show: part => { bar.value = part; },
        };
    }

    #askFolder() {
        showForm({
            title: "New folder", action: "Create",
            fields: [field("Name", element("input", { name: "name", required: true, pattern: "[^\\/]+", autocomplete: "off" }))],
            submit: async form => {
                await this.#context.api.send("POST", this.#path(form.get("name")), { query: { mkdir: "true" } });
                await this.#reload();
            },
        });
    }

    #askDelete(entry) {
        const isFolder = entry.type === "directory";
        confirm(`Delete ${entry.name}?`, isFolder ? "The folder goes with everything in it." : "The file cannot be restored.",
            "Delete", async () => {
                await this.#context.api.delete(this.#path(entry.name), { query: isFolder ? { recursive: "true" } : {} });
                say(`${entry.name} is deleted.`);
                await this.#reload();
            });
    }
}

function textOf(data) {
    try {
        const text = new TextDecoder("utf-8", { fatal: true }).decode(data);
        if (!text.includes("\0")) return element("pre", { tabindex: 0 }, text);
    } catch {
        // Not text.
    }
    return element("p", { class: "hint" }, "This is not text.");
}

/** Has the browser save bytes as a file. */
export function save(blob, name) {
    const url = URL.createObjectURL(blob);
    element("a", { href: url, download: name }).click();
    // The browser reads the bytes after the click has returned.
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function takeDrops(area, onFiles) {
    area.addEventListener("dragover", event => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        area.classList.add("dropping");
    });
    area.addEventListener("dragleave", () => area.classList.remove("dropping"));
    area.addEventListener("drop", event => {
        event.preventDefault();
        area.classList.remove("dropping");
        onFiles(Array.from(event.dataTransfer.files));
    });
}
