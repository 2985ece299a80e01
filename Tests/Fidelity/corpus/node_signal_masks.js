// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
const lines = require('fs').readFileSync('/proc/self/status', 'utf8').split('\n');
console.log(lines.filter((line) => /^(Sig|Shd|Cap|NoNew|Seccomp:|Uid|Gid|Groups|NSpid|Threads|Umask)/.test(line)));
