// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
// run: {"stdin": "one\ntwo – ü\nlast"}
const readline = require('readline');
(async () => {
    for await (const line of readline.createInterface({ input: process.stdin })) console.log([line]);
    console.log(process.stdin.readableEnded, process.stdin.constructor.name);
})();
