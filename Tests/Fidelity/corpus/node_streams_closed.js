// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
process.stdout.end('last\n');
process.stdout.on('finish', () => console.error('finished'));
process.stdout.on('error', (error) => console.error(error.code));
setTimeout(() => { process.stdout.write('late'); }, 2);
