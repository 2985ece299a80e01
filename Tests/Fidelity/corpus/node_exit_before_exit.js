// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
let rounds = 0;
process.on('beforeExit', (code) => {
    console.log('beforeExit', code, rounds);
    if (rounds++ < 2) setImmediate(() => console.log('more work'));
});
process.on('exit', (code) => { console.log('exit', code); setTimeout(() => console.log('never'), 0); });
