// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
// What a program changes in a module must hold for those that are loaded after it.
require('stream').Writable.prototype.write = function write(text) { fs.writeSync(1, `<${text}>`); };
const fs = require('fs');
console.log('patched');
require('util').inspect.defaultOptions.depth = 0;
console.log({ a: { b: { c: 1 } } });
