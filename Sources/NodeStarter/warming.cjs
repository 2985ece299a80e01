// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
'use strict';

// Does what nearly every program does, so that the needed code is loaded and compiled before the program comes. A program
// sees no effect of it: it opens no stream of the process, and removes its entries from caches.

const fs = require('fs');
const Module = require('module');
const { Console } = require('console');
const { Socket } = require('net');
const path = require('path');

const ROUNDS = 3;

/** Finds, reads, compiles and runs a file like the main file. The file belongs to root. No other user's file is read here. */
function runMain() {
    const file = path.join(__dirname, 'main.cjs');
    Module.runMain(file);
    delete require.cache[file];
    delete process.mainModule;
    delete Module.prototype.require.main;
}

/** A pipe with the interface of libuv that accepts all bytes at once and drops them. */
class Nowhere {
    getAsyncId() { return 0; }
    readStart() { return 0; }
    unref() {}
    writeUtf8String() { return 0; }
    writeLatin1String() { return 0; }
    writeBuffer() { return 0; }
    close(closed) { closed(); }
}

/** Runs `act` without the process's queue of ticks. Entries of that queue are numbered, and a program could see the numbers. */
function withoutTicks(act) {
    const { nextTick } = process;
    const later = [];
    process.nextTick = (callback, ...given) => later.push(() => callback(...given));
    act();
    for (const callback of later) {
        callback();
    }
    process.nextTick = nextTick;
}

function print() {
    const stdout = new Socket({ handle: new Nowhere(), readable: false, writable: true });
    // To detect support for colours would open the process's own stderr.
    const console = new Console({ stdout, stderr: stdout, colorMode: false });
    for (let round = 0; round < ROUNDS; round++) {
        console.log('text');
        console.log(round, 'and %s', { name: 'value', list: [1, 'two', null] });
        console.error('%d%%', round);
        stdout.write('text\n');
    }
}

/** Imports modules like a main file that is an ES module. It uses no file, because files must not be read before the job. */
function importModule() {
    void fs.promises;
    import('data:text/javascript,');
    import('./missing.mjs').catch(() => {});
    // Continues both imports until they end.
    process._tickCallback();
}

runMain();
withoutTicks(print);
importModule();
for (const name of Object.keys(Module._pathCache)) {
    delete Module._pathCache[name];
}
