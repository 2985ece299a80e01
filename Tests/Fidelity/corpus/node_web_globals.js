// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
console.log(typeof fetch, new URL('http://a/b?c#d').href, structuredClone({ a: new Map([[1, 2]]) }), atob('YQ=='));
const controller = new AbortController();
controller.signal.addEventListener('abort', (event) => console.log(event.type, controller.signal.reason.name));
controller.abort();
console.log(new TextDecoder().decode(new TextEncoder().encode('ü')), performance.now() > 0, typeof navigator, typeof crypto);
