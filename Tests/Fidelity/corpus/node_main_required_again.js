// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
// run: {"files": [{"path": "back.js", "content": "module.exports = require(require.main.filename);"}]}
exports.early = 1;
console.log(require('./back.js'), module.children.map((child) => child.filename));
delete require.cache[__filename];
if (!globalThis.again) { globalThis.again = true; console.log('again', require('./main.cjs')); }
