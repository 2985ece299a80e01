// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
const one = await import('data:text/javascript,export default 1');
const nothing = await import('data:text/javascript,');
const again = await import('data:text/javascript,globalThis.ran = (globalThis.ran ?? 0) + 1; export { ran }; const ran = 5');
console.log(one, nothing, again, globalThis.ran);
