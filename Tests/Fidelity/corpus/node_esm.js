// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import * as self from './main.mjs';
export const value = 3;
export default () => value;
console.log(import.meta.url, import.meta.dirname, import.meta.filename, Object.keys(import.meta), import.meta.resolve('./x.mjs'));
console.log(self, typeof require, typeof module, this, readFileSync(import.meta.filename, 'utf8').length);
console.log(process.mainModule, 'mainModule' in process, process.argv, process.listenerCount('exit'));
