// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
'use strict';

// Does what nearly every program does, so that what is loaded and compiled for it is there before the program is.
// It leaves nothing that a program meets: no stream of the process is opened, and what it enters in caches it takes out.

const fs = require('fs');
const Module = require('module');
const { Console } = require('console');
const { Socket } = require('net');
const path = require('path');

const ROUNDS = 3;

/** As the main file is: found, read, compiled and run. It is root's, as this is: nobody else's is read here. */
function runMain() {
    const file = path.join(__dirname, 'main.cjs');
    Module.runMain(file);
    delete require.cache[file];
    delete process.mainModule;
    delete Module.prototype.require.main;
}

/** A pipe as libuv has them, that takes everything at once and sends it nowhere. */
class Nowhere {
    getAsyncId() { return 0; }
    readStart() { return 0; }
    unref() {}
    writeUtf8String() { return 0; }
    writeLatin1String() { return 0; }
    writeBuffer() { return 0; }
    close(closed) { closed(); }
}

/** Without the queue of the process: what waits there is numbered, and a program can see the numbers go on. */
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
    // To tell whether there are to be colours would open the process's own stderr.
    const console = new Console({ stdout, stderr: stdout, colorMode: false });
    for (let round = 0; round < ROUNDS; round++) {
        console.log('text');
        console.log(round, 'and %s', { name: 'value', list: [1, 'two', null] });
        console.error('%d%%', round);
        stdout.write('text\n');
    }
}

/** As the main file is when it is an ES module; a file could not be read before the program runs. */
function importModule() {
    void fs.promises;
    import('data:text/javascript,');
    import('./missing.mjs').catch(() => {});
    // Goes on with both until there is nothing left.
    process._tickCallback();
}

runMain();
withoutTicks(print);
importModule();
for (const name of Object.keys(Module._pathCache)) {
    delete Module._pathCache[name];
}
