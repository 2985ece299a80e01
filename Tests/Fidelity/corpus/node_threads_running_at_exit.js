// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
const { Worker } = require('worker_threads');
new Worker('setInterval(() => {}, 1); require("worker_threads").parentPort.postMessage(1)', { eval: true }).on('message', () => {
    console.log('runs');
    process.exit(2);
});
