// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import { parseEvents } from "./events.js";

/** An error that the server answered with. */
export class APIError extends Error {
    constructor(status, body, retryAfter) {
        const details = (body.details ?? []).map(detail => `${detail.field} ${detail.problem}`);
        super(details.length > 0 ? details.join("; ") : body.message ?? `the server answered ${status}`);
        this.status = status;
        this.code = body.code;
        this.retryAfter = retryAfter;
    }
}

/** The calls of the public API that this page uses. All times out of it are text, as the API has them. */
export class API {
    /** Called when the server does not take the token any more. */
    onSignedOut = () => {};
    /** The calls per minute that the token's plan allows. */
    callsPerMinute = Infinity;
    #token;
    #operations = new Set();

    constructor({ token, namespace }) {
        this.#token = token;
        this.namespace = namespace;
    }

    /** Reads which calls the server has. An older server lacks some, and the page hides what needs them. */
    async learn() {
        const { paths } = await this.get("openapi.json");
        const calls = Object.values(paths).flatMap(path => Object.values(path));
        this.#operations = new Set(calls.map(({ operationId }) => operationId));
    }

    /** Whether the server has a call, by its `operationId` in the document of the API. */
    offers(operation) {
        return this.#operations.has(operation);
    }

    /** The path of something in the namespace. Each part is one segment. */
    path(...parts) {
        return ["auth/v1/seed", this.namespace, "sandbox", ...parts.map(encodeURIComponent)].join("/");
    }

    /** Sends a call and returns the answer. Throws `APIError` when it is an error. */
    async send(method, path, { query, json, body, headers = {}, signal } = {}) {
        const response = await fetch(this.#url(path, query), {
            method, signal, cache: "no-store", credentials: "omit", redirect: "error",
            body: json === undefined ? body : JSON.stringify(json),
            headers: {
                Authorization: this.#authorization,
                ...(json === undefined ? {} : { "Content-Type": "application/json" }),
                ...headers,
            },
        });
        this.#note(response.headers);
        if (response.ok) return response;
        const text = await response.text();
        throw this.#error(response.status, text, response.headers.get("Retry-After"));
    }

    async get(path, options) {
        return (await this.send("GET", path, options)).json();
    }

    async post(path, json, options) {
        const response = await this.send("POST", path, { json, ...options });
        return response.status === 204 ? null : response.json();
    }

    async delete(path, options) {
        await this.send("DELETE", path, options);
    }

    /** The events of a call, as they come. */
    async* events(method, path, options = {}) {
        const headers = { Accept: "text/event-stream" };
        const response = await this.send(method, path, { ...options, headers });
        yield* parseEvents(response.body);
    }

    /** Sends a file. `onProgress` gets the part that has been sent. fetch(3) cannot tell it. */
    upload(path, query, file, onProgress, signal) {
        return new Promise((resolve, reject) => {
            const request = new XMLHttpRequest();
            request.open("PUT", this.#url(path, query));
            request.setRequestHeader("Authorization", this.#authorization);
            request.setRequestHeader("Content-Type", "application/octet-stream");
            request.upload.onprogress = event => onProgress(event.total > 0 ? event.loaded / event.total : 1);
            request.onload = () => {
                if (request.status < 300) resolve();
                else reject(this.#error(request.status, request.responseText, null));
            };
            request.onerror = () => reject(new TypeError("the connection to the server failed"));
            request.onabort = () => reject(new DOMException("stopped", "AbortError"));
            signal.addEventListener("abort", () => request.abort());
            request.send(file);
        });
    }

    /**
     * The address and the subprotocols of a WebSocket call. A browser cannot send the header Authorization with it, so
     * its value goes into an entry of Sec-WebSocket-Protocol, which no proxy writes into its log as it does with paths.
     */
    webSocket(path, query, subprotocol) {
        const url = this.#url(path, query);
        url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
        const credential = btoa(this.#authorization).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
        return { url: url.href, protocols: [subprotocol, `outpost.authorization.${credential}`] };
    }

    get #authorization() {
        return this.#token.includes("$") ? `API-Key ${this.#token}` : `Bearer ${this.#token}`;
    }

    #url(path, query = {}) {
        const url = new URL(path, document.baseURI);
        url.hash = "";
        for (const [name, value] of Object.entries(query)) {
            if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, value);
        }
        return url;
    }

    #note(headers) {
        const limit = Number(headers.get("X-RateLimit-Limit"));
        if (limit > 0) this.callsPerMinute = limit;
    }

    #error(status, text, retryAfter) {
        let body = {};
        try {
            body = JSON.parse(text);
        } catch {
            // Not an answer of this server, perhaps of a proxy before it. The status says enough.
        }
        if (status === 401) this.onSignedOut();
        return new APIError(status, body, Number(retryAfter) || null);
    }
}
