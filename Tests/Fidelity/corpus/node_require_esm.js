// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
// run: {"files": [{"path": "lib.mjs", "content": "export default 'esm'; export const x = 1;"}]}
console.log(require('./lib.mjs'));
import('./lib.mjs').then((module) => console.log(module, module === require('./lib.mjs')));
