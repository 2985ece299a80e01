// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
const cause = new Error('inner');
setTimeout(() => console.log('never'), 5);
await Promise.reject(new RangeError('outer', { cause }));
