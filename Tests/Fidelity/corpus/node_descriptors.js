// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
const fs = require('fs');
console.log(fs.readdirSync('/proc/self/fd').slice(0, 3), fs.fstatSync(0).isFIFO(), fs.fstatSync(1).isFIFO());
console.log(['0', '1', '2'].map((fd) => fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8').match(/flags:\s*(\d+)/)[1]));
