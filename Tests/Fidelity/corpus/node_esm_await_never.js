// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
console.log('before');
process.on('exit', (code) => console.log('exit', code, process.exitCode));
await new Promise(() => {});
console.log('never');
