// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
process.on('unhandledRejection', (reason) => console.log('unhandled', reason));
process.on('rejectionHandled', () => console.log('handled'));
const late = Promise.reject(3);
setTimeout(() => late.catch(() => console.log('caught')), 5);
process.on('warning', (warning) => console.log(warning.name));
