// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
process.on('uncaughtException', (error, origin) => console.log(error.message, origin));
setTimeout(() => console.log('goes on'), 3);
throw new Error('handled');
