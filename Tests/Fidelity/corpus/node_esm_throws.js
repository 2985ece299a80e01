// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
import fs from 'node:fs';
function thrower() { throw new TypeError(`from ${fs.constants.F_OK}`); }
thrower();
