// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
'use strict';

// Makes an interpreter wait before its main file. `node -r` loads this file and continues when it returns.
(() => {
    const fs = require('fs');
    const Module = require('module');
    const path = require('path');
    const channel = 3;
    const answers = 4;
    /** The frame "waiting" of docs/agent-protocol.md. */
    const waiting = Buffer.from([0, 0, 0, 0, 38, 0, 0, 0, 0]);

    function read(size) {
        const data = Buffer.alloc(size);
        for (let filled = 0; filled < size;) {
            const count = fs.readSync(channel, data, filled, size - filled, null);
            if (count === 0) {
                // The host does not need this interpreter any more.
                process.reallyExit(0);
            }
            filled += count;
        }
        return data;
    }

    function receive() {
        const header = read(9);
        if (header[4] !== 23 || header.readUInt32LE(5) !== 0) {
            throw new Error('not a job');
        }
        return read(header.readUInt32LE(0));
    }

    /** Returns the arguments, the variables and the packed steps of a job. */
    function unpack(job) {
        let position = 0;
        const number = () => job.readUInt32LE((position += 4) - 4);
        const item = () => {
            const size = number();
            position += size;
            return job.subarray(position - size, position);
        };
        const list = () => Array.from({ length: number() }, () => item().toString());
        return [list(), list(), item()];
    }

    function take(job) {
        const [words, variables, steps] = unpack(job);
        process.argv.push(...words);
        for (const variable of variables) {
            const end = variable.indexOf('=');
            process.env[variable.slice(0, end)] = variable.slice(end + 1);
        }
        // The paths depend on HOME.
        Module._initPaths();
        // This call ends the interpreter if a step fails.
        native.exports(steps, answers);
    }

    /** Removes the traces of the warm start that a program could see. */
    function forget() {
        for (const file of [warming, __filename]) {
            delete require.cache[file];
        }
        module.children.length = 0;
        process.execArgv.length = 0;
        process._preload_modules.length = 0;
    }

    function forgetVariables() {
        for (const name of Object.keys(process.env)) {
            delete process.env[name];
        }
    }

    // Worker threads of the program load this file again because of `-r`. The variable is removed by then.
    if (process.env.OUTPOST_DIRECTORY === undefined) {
        delete require.cache[__filename];
        process.execArgv.length = 0;
        return;
    }
    const warming = path.join(__dirname, 'warming.cjs');
    require(warming);
    const native = { exports: {} };
    process.dlopen(native, path.join(__dirname, 'starter.node'));
    process.chdir(process.env.OUTPOST_DIRECTORY);
    // Two rounds to warm up the code: a job without arguments, variables and steps, and one with a variable.
    take(Buffer.from('\0\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0'));
    take(Buffer.from('\0\0\0\0\x01\0\0\0\x03\0\0\0A=1\x08\0\0\0\0\0\0\0\0\0\0\0'));
    forgetVariables();
    forget();
    fs.writeSync(answers, waiting);
    take(receive());
    fs.closeSync(channel);
    fs.closeSync(answers);
})();
