// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
class Own extends Error { constructor() { super('own', { cause: new TypeError('cause') }); this.extra = { a: [1] }; } }
setTimeout(() => { throw new Own(); }, 1);
