// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
const { fork } = require('child_process');
if (process.argv[2] === 'child') {
    process.on('message', (message) => { process.send([message, process.execArgv, process.argv]); process.disconnect(); });
} else {
    const child = fork(__filename, ['child']);
    child.on('message', (message) => console.log('from child', message));
    child.on('exit', (...ending) => console.log(ending));
    child.send({ a: [1, 'x'] });
}
