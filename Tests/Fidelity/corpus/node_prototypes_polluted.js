// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
Object.prototype.polluted = 1;
Array.prototype.map = () => { throw new Error('map'); };
Promise.prototype.then = () => { throw new Error('then'); };
Object.defineProperty(Object.prototype, 'writable', { get() { return undefined; }, configurable: true });
console.log('x', [1, 2], Object.keys({}));
