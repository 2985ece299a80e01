// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
const facts = ({ constructor, fd, _type, isTTY, writable, writableHighWaterMark, writableLength, readable, _isStdio }) =>
    [constructor.name, fd, _type, isTTY, writable, writableHighWaterMark, writableLength, readable, _isStdio];
console.log(facts(process.stdout), facts(process.stderr), facts(process.stdin));
console.log(Object.keys(process.stdout), process.stdout._handle?.constructor.name, process.stdout.listenerCount('close'));
