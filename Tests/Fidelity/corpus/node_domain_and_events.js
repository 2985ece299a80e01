// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
const { EventEmitter, once } = require('events');
const emitter = new EventEmitter();
emitter.once('x', (...given) => console.log(given, emitter.eventNames()));
emitter.emit('x', 1, 2);
console.log(process.eventNames(), process._events, process.listenerCount('exit'), process.getMaxListeners());
once(emitter, 'y').then(console.log);
emitter.emit('y', 7);
emitter.emit('error', new TypeError('nobody listens'));
