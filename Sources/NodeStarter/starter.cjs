// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
'use strict';

// Holds an interpreter before its main file: `node -r` loads this, and goes on when it returns.
(() => {
    const fs = require('fs');
    const Module = require('module');
    const path = require('path');
    const channel = 3;
    const answers = 4;
    /** A frame of docs/agent-protocol.md: that this interpreter waits. */
    const waiting = Buffer.from([0, 0, 0, 0, 38, 0, 0, 0, 0]);

    function read(size) {
        const data = Buffer.alloc(size);
        for (let filled = 0; filled < size;) {
            const count = fs.readSync(channel, data, filled, size - filled, null);
            if (count === 0) {
                // Nobody needs this interpreter any more.
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

    /** Arguments, variables, and what is to be done before the program, as the host has packed them. */
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
        // They depend on HOME.
        Module._initPaths();
        // Ends this interpreter when it fails.
        native.exports(steps, answers);
    }

    /** Leaves no trace in what a program sees of its interpreter. */
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

    // The workers of the program load again what `-r` names; the variable is gone by then.
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
    // A program without arguments, variables and steps, and one with a variable.
    take(Buffer.from('\0\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0'));
    take(Buffer.from('\0\0\0\0\x01\0\0\0\x03\0\0\0A=1\x08\0\0\0\0\0\0\0\0\0\0\0'));
    forgetVariables();
    forget();
    fs.writeSync(answers, waiting);
    take(receive());
    fs.closeSync(channel);
    fs.closeSync(answers);
})();
