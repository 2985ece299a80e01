// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
const shown = require('util').inspect(process, { depth: 0, showHidden: true });
console.log(shown.split('\n').map((line) => line.trim().split(':')[0]));
