// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
process.on('exit', () => {
    Promise.resolve().then(() => console.log('microtask in exit'));
    process.nextTick(() => console.log('tick in exit'));
    process.stdout.write('written in exit\n');
});
