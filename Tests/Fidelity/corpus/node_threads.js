// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
const { Worker, isMainThread, parentPort, workerData, threadId } = require('worker_threads');
if (isMainThread) {
    const worker = new Worker(__filename, { workerData: { a: 1 }, argv: ['w'] });
    worker.on('message', (message) => console.log(message)).on('exit', (code) => console.log('exit', code, threadId));
} else {
    parentPort.postMessage([workerData, process.argv, process.execArgv, require.main === module, threadId]);
    process.exit(5);
}
