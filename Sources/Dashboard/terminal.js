// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import { badge, element, explanation, setBadge, setText } from "./dom.js";
import { pause } from "./poll.js";
import { isDark, onChange as onThemeChange } from "./theme.js";

const SUBPROTOCOL = "outpost.process.v1";
/** Output that waits for the terminal. More than this ends a connection that cannot be slowed down. */
const MOST_WAITING = 16 << 20;

const FONT = 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace';
const COLOURS = {
    light: {
        foreground: "#1d252c", background: "#ffffff", cursor: "#1f6f6b", cursorAccent: "#ffffff", selection: "#1f6f6b33",
        black: "#1d252c", red: "#b3261e", green: "#2b7a3d", yellow: "#8a5a00", blue: "#1d5fbf", magenta: "#8b3fa0",
        cyan: "#11707a", white: "#6a7680", brightBlack: "#56626c", brightRed: "#c93a31", brightGreen: "#2f8f49",
        brightYellow: "#9a6a0a", brightBlue: "#2b74de", brightMagenta: "#a04fb8", brightCyan: "#1a8791",
        brightWhite: "#1d252c",
    },
    dark: {
        foreground: "#dfe5ea", background: "#0d1114", cursor: "#7fd6c8", cursorAccent: "#0d1114", selection: "#7fd6c83d",
        black: "#2a333b", red: "#f2857c", green: "#8fd19b", yellow: "#e3c078", blue: "#8ab8f5", magenta: "#d3a3e3",
        cyan: "#7fd6c8", white: "#c3ccd4", brightBlack: "#74818c", brightRed: "#ff9f96", brightGreen: "#a8e3b3",
        brightYellow: "#f2d392", brightBlue: "#a6cbff", brightMagenta: "#e3bbf0", brightCyan: "#9be8dc",
        brightWhite: "#ffffff",
    },
};

/** A shell in the sandbox. It starts when the part is shown first, and ends with the page. */
export function showTerminal(context) {
    const { api, sandbox, signal } = context;
    if (!api.offers("openTerminal")) return explanation("This server has no terminals.");
    if (sandbox.mode !== "stateful") return explanation("An ephemeral sandbox lives for one run. Only a stateful sandbox has a terminal.");
    const state = badge("closed");
    const size = element("span", { class: "note" });
    const hint = element("p", { class: "hint", hidden: true });
    const inside = element("div");
    const screen = element("div", { class: "screen" }, inside);
    const again = element("button", { click: () => start() }, "New shell");
    const node = element("div", { class: "part terminal-part" },
        element("div", { class: "bar-part" }, state, size,
            element("span", { class: "note extra" }, "Shift+Esc leaves the terminal"),
            element("div", { class: "tools" }, again)),
        hint, screen);
    let session = null;

    async function start() {
        hint.hidden = true;
        session?.close();
        const { Terminal, fit } = await import("./xterm.js");
        if (signal.aborted) return;
        inside.replaceChildren();
        session = new Session(context, inside, Terminal, fit, {
            onState(name, text) {
                setBadge(state, name);
                hint.hidden = !text;
                setText(hint, text ?? "");
            },
            onSize: (cols, rows) => setText(size, `${cols} × ${rows}`),
            onLeave: () => again.focus(),
        });
        session.open();
    }
    const resizing = new ResizeObserver(() => session?.fit());
    resizing.observe(screen);
    onThemeChange(() => session?.setColours(), signal);
    signal.addEventListener("abort", () => {
        resizing.disconnect();
        session?.close();
    });
    start();
    return { node, shown: () => session?.focus() };
}

/** A terminal and its connection. */
class Session {
    #context;
    #terminal;
    #fit;
    #listeners;
    #connection = null;
    #isClosed = false;

    constructor(context, screen, Terminal, fit, listeners) {
        this.#context = context;
        this.#fit = fit;
        this.#listeners = listeners;
        this.#terminal = new Terminal({
            fontFamily: FONT, fontSize: 13, lineHeight: 1.15, scrollback: 5000, cursorBlink: true, screenReaderMode: true,
            theme: COLOURS[isDark() ? "dark" : "light"],
        });
        this.#terminal.open(screen);
        this.#terminal.attachCustomKeyEventHandler(event => this.#isForTerminal(event));
        this.#terminal.on("data", text => this.#connection?.send(new TextEncoder().encode(text)));
        this.#terminal.on("resize", ({ cols, rows }) => {
            this.#connection?.send(JSON.stringify({ resize: { cols, rows } }));
            this.#listeners.onSize(cols, rows);
        });
        this.fit();
    }

    /** Shows output until the connection ends. */
    async open() {
        const { signal } = this.#context;
        const { cols, rows } = this.#terminal;
        this.#listeners.onState("connecting");
        this.#listeners.onSize(cols, rows);
        const decoder = new TextDecoder();
        let exit = null;
        try {
            this.#connection = await connect(this.#address(cols, rows));
            if (this.#isClosed) return this.#connection.close();
            this.#listeners.onState("connected");
            this.focus();
            for await (const message of this.#connection.messages) {
                if (typeof message === "string") {
                    exit = JSON.parse(message).exit ?? exit;
                } else {
                    this.#terminal.write(decoder.decode(message, { stream: true }));
                    await this.#written(signal);
                }
            }
            this.#listeners.onState("closed", exit ? ending(exit) : "The connection ended.");
        } catch (error) {
            if (!this.#isClosed) this.#listeners.onState("closed", await reason(this.#context, error));
        } finally {
            this.#connection = null;
        }
    }

    #address(cols, rows) {
        const { api, id } = this.#context;
        return api.webSocket(api.path(id, "terminal"), { cols, rows, term: "xterm-256color" }, SUBPROTOCOL);
    }

    /** Waits until the terminal has drawn nearly everything. Then the connection is read on. */
    async #written(signal) {
        while (this.#terminal._core.writeBuffer.length > 4 && !signal.aborted) await pause(0, signal);
    }

    /** Everything goes to the shell, except the key that leaves the terminal and those that copy. */
    #isForTerminal(event) {
        if (event.key === "Escape" && event.shiftKey) {
            if (event.type === "keydown") this.#listeners.onLeave();
            return false;
        }
        const isCopy = event.ctrlKey && event.shiftKey && event.code === "KeyC";
        if (isCopy && event.type === "keydown") {
            event.preventDefault();
            navigator.clipboard?.writeText(this.#terminal.getSelection()).catch(() => {});
        }
        return !isCopy;
    }

    fit() {
        if (!this.#isClosed && this.#terminal.element.offsetParent) this.#fit(this.#terminal);
    }

    focus() {
        this.fit();
        this.#terminal.focus();
    }

    setColours() {
        this.#terminal.setOption("theme", COLOURS[isDark() ? "dark" : "light"]);
    }

    close() {
        this.#isClosed = true;
        this.#connection?.close();
        this.#terminal.dispose();
    }
}

function ending({ status, exit_code: code, signal, cause }) {
    if (cause) return `The shell ended: ${cause.replaceAll("_", " ")}.`;
    if (signal) return `The shell was ended by ${signal}.`;
    return `The shell ${status === "lost" ? "was lost" : `ended with ${code}`}.`;
}

/** Why there is no terminal. A browser does not tell the answer to a WebSocket call, so an ordinary call asks again. */
async function reason({ api, id, signal }, error) {
    try {
        await api.get(api.path(id, "terminal"), { signal });
    } catch (answer) {
        if (answer.status && answer.status !== 400) return answer.message;
    }
    return error.message || "The connection to the terminal failed.";
}

/** Opens a WebSocket. Uses the one with back-pressure where the browser has it. */
async function connect({ url, protocols }) {
    if (globalThis.WebSocketStream) return connectStream(url, protocols);
    const socket = new WebSocket(url, protocols);
    socket.binaryType = "arraybuffer";
    const messages = new ReadableStream({
        start(controller) {
            socket.onmessage = ({ data }) => {
                controller.enqueue(data);
                if (controller.desiredSize < 0) {
                    controller.error(new Error("The program writes faster than this browser can show."));
                    socket.close();
                }
            };
            socket.onclose = () => {
                try {
                    controller.close();
                } catch {
                    // It ended with an error before.
                }
            };
        },
        cancel: () => socket.close(),
    }, { highWaterMark: MOST_WAITING, size: data => data.byteLength ?? data.length });
    await new Promise((resolve, reject) => {
        socket.onopen = resolve;
        socket.onerror = () => reject(new Error("The connection to the terminal failed."));
    });
    return { messages, send: data => socket.send(data), close: () => socket.close() };
}

async function connectStream(url, protocols) {
    const socket = new WebSocketStream(url, { protocols });
    socket.closed.catch(() => {});
    const { readable, writable } = await socket.opened;
    const writer = writable.getWriter();
    writer.closed.catch(() => {});
    return {
        messages: readable,
        send: data => writer.write(data).catch(() => {}),
        close: () => socket.close(),
    };
}
