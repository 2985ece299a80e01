// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
process.on('exit', (code) => console.log('exit', code));
Promise.reject(new Error('nobody cares'));
setTimeout(() => console.log('never'), 10);
