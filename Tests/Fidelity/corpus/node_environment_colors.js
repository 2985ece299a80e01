// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
// run: {"env": [["FORCE_COLOR", "1"]]}
console.log({ a: 1, b: 'x', c: [null, undefined, Symbol('s')] }, process.stdout.hasColors, process.stdout.isTTY);
