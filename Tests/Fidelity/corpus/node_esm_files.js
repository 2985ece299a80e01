// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
// run: {"files": [{"path": "lib.mjs", "content": "export let n = 1; export const up = () => ++n; console.log('lib', import.meta.url);"}, {"path": "old.cjs", "content": "exports.x = 1; module.exports.y = require.main;"}, {"path": "data.json", "content": "{\"k\": [1]}"}]}
import { n, up } from './lib.mjs';
import old, { x } from './old.cjs';
import data from './data.json' with { type: 'json' };
up();
console.log(n, old, x, data);
