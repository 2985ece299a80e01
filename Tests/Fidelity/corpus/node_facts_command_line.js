// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
console.log(require('fs').readFileSync('/proc/self/cmdline', 'utf8').split('\0'));
