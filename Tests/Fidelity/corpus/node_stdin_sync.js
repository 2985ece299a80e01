// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
// run: {"stdin": "all at once\n"}
console.log(require('fs').readFileSync(0, 'utf8'), require('fs').readFileSync('/dev/stdin', 'utf8'));
