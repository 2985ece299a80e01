// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
process.exitCode = 3;
process.on('exit', (code) => { console.log(code, process.exitCode); process.exitCode = code + 1; });
