// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
process.nextTick(() => console.log('tick'));
Promise.resolve().then(() => console.log('microtask'));
queueMicrotask(() => console.log('queued'));
setTimeout(() => console.log('timeout 20'), 20).hasRef();
setTimeout(() => console.log('timeout 10'), 10);
setTimeout(() => console.log('never'), 300).unref();
const interval = setInterval(() => { console.log('interval'); clearInterval(interval); }, 1);
console.log('sync', typeof interval[Symbol.toPrimitive]());
