// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
process.on('SIGUSR2', (...given) => { console.log(given); clearInterval(timer); });
process.once('SIGTERM', () => { console.log('term'); process.kill(process.pid, 'SIGUSR2'); });
const timer = setInterval(() => {}, 1000);
process.kill(process.pid, 'SIGTERM');
