// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
const hooks = require('async_hooks');
const seen = [];
hooks.createHook({ init(id, type) { seen.push(type); } }).enable();
setTimeout(() => { fs.readFile(__filename, () => console.log(seen)); }, 1);
const fs = require('fs');
new hooks.AsyncLocalStorage().run(3, () => Promise.resolve().then(() => {}));
