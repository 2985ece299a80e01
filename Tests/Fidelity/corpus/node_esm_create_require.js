// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);
console.log(require.main, Object.keys(require.cache), require('node:path').sep, require.resolve.paths('x'));
try { require('./missing.cjs'); } catch (error) { console.log(error.message, error.code, error.requireStack); }
