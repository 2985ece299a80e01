// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
setInterval(() => {}, 1000);
process.on('exit', () => console.log('never'));
process.kill(process.pid, 'SIGTERM');
