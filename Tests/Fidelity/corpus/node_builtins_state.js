// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
const builtins = require('module').builtinModules;
const events = require('events');
console.log(builtins.length, events.defaultMaxListeners, require('stream').getDefaultHighWaterMark(false));
console.log(Object.getOwnPropertyNames(globalThis).sort().join(), Object.keys(process.versions).join());
console.log(require('diagnostics_channel').hasSubscribers('net.client.socket'), require('http').globalAgent.sockets);
console.log(require('perf_hooks').performance.getEntries(), require('v8').getHeapSpaceStatistics().length);
