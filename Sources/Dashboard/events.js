// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/** The server-sent events of a body, as `{ name, data }` with the data parsed. EventSource cannot send a token. */
export async function* parseEvents(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    try {
        for (;;) {
            const { value, done } = await reader.read();
            if (done) return;
            const blocks = (text + value).split("\n\n");
            text = blocks.pop();
            for (const block of blocks) {
                const event = parseEvent(block);
                if (event) yield event;
            }
        }
    } finally {
        reader.cancel().catch(() => {});
    }
}

/** One event; null for a comment. */
function parseEvent(block) {
    let name = "message";
    const data = [];
    for (const line of block.split("\n")) {
        if (line.startsWith("event: ")) name = line.slice(7);
        else if (line.startsWith("data: ")) data.push(line.slice(6));
    }
    return data.length > 0 ? { name, data: JSON.parse(data.join("\n")) } : null;
}

/** The text of an event of output. */
export function outputText({ data, data_base64: encoded }) {
    if (data !== undefined) return data;
    const bytes = Uint8Array.from(atob(encoded), letter => letter.charCodeAt(0));
    return new TextDecoder().decode(bytes);
}
