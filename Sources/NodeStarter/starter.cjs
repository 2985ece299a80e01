// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
'use strict';

// Holds an interpreter before its main file: `node -r` loads this, and goes on when it returns.
(() => {
    const fs = require('fs');
    const path = require('path');
    const channel = 3;

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

    function refuse(index, error) {
        const answer = Buffer.alloc(9);
        answer[0] = 2;
        answer.writeUInt32LE(index, 1);
        answer.writeUInt32LE(Math.abs(error.errno || 5), 5);
        fs.writeSync(channel, answer);
        process.reallyExit(127);
    }

    fs.unlinkSync(__filename);
    fs.rmdirSync(path.dirname(__filename));
    delete require.cache[__filename];
    process.execArgv.length = 0;
    fs.writeSync(channel, Buffer.from([1]));
    const job = read(read(4).readUInt32LE(0));
    let position = 0;
    const number = () => job.readUInt32LE((position += 4) - 4);
    const item = () => {
        const size = number();
        position += size;
        return job.subarray(position - size, position);
    };
    const list = (make) => Array.from({ length: number() }, (_, index) => make(index));

    process.argv.push(...list(() => item().toString()));
    const variables = list(() => item().toString());
    for (const name of Object.keys(process.env)) {
        delete process.env[name];
    }
    for (const variable of variables) {
        const end = variable.indexOf('=');
        process.env[variable.slice(0, end)] = variable.slice(end + 1);
    }
    list((index) => {
        const name = item().toString();
        const content = item();
        try {
            fs.mkdirSync(path.dirname(name), { recursive: true, mode: 0o755 });
            fs.writeFileSync(name, content, { mode: 0o644 });
        } catch (error) {
            refuse(index, error);
        }
    });
    fs.closeSync(channel);
})();
