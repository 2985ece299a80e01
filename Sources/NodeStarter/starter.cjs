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
    /** Stands for a file's position where none is meant. */
    const noFile = 0x7fffffff;
    /** `mostLinks` in OutpostCore/Files/RunFolder.swift. */
    const mostLinks = 10000;

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

    /** A frame of docs/agent-protocol.md: its length, its type, what it is about, and numbers. */
    function frame(type, ...numbers) {
        const bytes = Buffer.alloc(9 + 4 * numbers.length);
        bytes.writeUInt32LE(4 * numbers.length, 0);
        bytes[4] = type;
        numbers.forEach((number, index) => bytes.writeUInt32LE(number, 9 + 4 * index));
        return bytes;
    }

    function receive() {
        const header = read(9);
        if (header[4] !== 23 || header.readUInt32LE(5) !== 0) {
            throw new Error('not a job');
        }
        return read(header.readUInt32LE(0));
    }

    function refuse(index, error) {
        fs.writeSync(answers, frame(39, index, Math.abs(error.errno || 5)));
        process.reallyExit(127);
    }

    /** Calls `action`, whose error with one of the codes is no error; true when there was none. */
    function attempt(action, ...codes) {
        try {
            action();
            return true;
        } catch (error) {
            if (codes.includes(error.code)) {
                return false;
            }
            throw error;
        }
    }

    /** Makes a file that was not there; leaves nothing behind when that fails. */
    function create(name, content, mode) {
        const file = fs.openSync(name, 'wx', 0o644);
        try {
            fs.writeFileSync(file, content);
            fs.fchmodSync(file, mode);
        } catch (error) {
            fs.unlinkSync(name);
            throw error;
        } finally {
            fs.closeSync(file);
        }
    }

    function makeParents(name) {
        for (let end = name.indexOf('/', 1); end > 0; end = name.indexOf('/', end + 1)) {
            attempt(() => fs.mkdirSync(name.slice(0, end), 0o755), 'EEXIST');
        }
    }

    function replace(name, content, mode) {
        const draft = path.posix.join(path.dirname(name), `.outpost-${process.pid}`);
        attempt(() => fs.unlinkSync(draft), 'ENOENT');
        if (!attempt(() => create(draft, content, mode), 'ENOSPC', 'EDQUOT')) {
            // On a full disk there is room for one of the two only.
            fs.unlinkSync(name);
            create(draft, content, mode);
        }
        try {
            fs.renameSync(draft, name);
        } catch (error) {
            fs.unlinkSync(draft);
            throw error;
        }
    }

    /**
     * As a program's own start writes its files (`write_file` in COutpost/child.c): never into what is there already. An
     * earlier run may have left a link, a FIFO or a device there (CVE-2024-28185).
     */
    function write(name, content, mode) {
        makeParents(name);
        if (!attempt(() => create(name, content, mode), 'EEXIST')) {
            replace(name, content, mode);
        }
    }

    /** The run's own folder, new (`performClearRunFolder` in OutpostLinux). */
    function makeFolder(root) {
        if (!attempt(() => fs.mkdirSync(root, 0o755), 'EEXIST')) {
            fs.renameSync(root, `${root}-left-${process.pid}`);
            fs.mkdirSync(root, 0o755);
        }
    }

    /** Links to what is in the working directory, and in those above it (`performFurnishRunFolder`). */
    function furnish(root, place) {
        const parts = place.split('/').filter(Boolean);
        for (let depth = Math.min(1, parts.length); depth <= parts.length; depth++) {
            const level = `/${parts.slice(0, depth).join('/')}`;
            const own = depth === 0 ? root : root + level;
            link(level, own);
            fs.chmodSync(own, 0o555);
        }
        fs.chmodSync(root, 0o555);
    }

    function link(place, own) {
        let names;
        try {
            names = fs.readdirSync(place, 'buffer');
        } catch {
            return;
        }
        const base = Buffer.from(place === '/' ? place : `${place}/`);
        const target = Buffer.from(`${own}/`);
        for (const name of names.slice(0, mostLinks)) {
            if (place === '/tmp' && name.toString('latin1').startsWith('.outpost')) {
                continue;
            }
            try {
                fs.symlinkSync(Buffer.concat([base, name]), Buffer.concat([target, name]));
            } catch (error) {
                if (error.code !== 'EEXIST') {
                    return;
                }
            }
        }
    }

    /** Arguments, variables, the run's folder and files, as the host has packed them. */
    function unpack(job) {
        let position = 0;
        const number = () => job.readUInt32LE((position += 4) - 4);
        const item = () => {
            const size = number();
            position += size;
            return job.subarray(position - size, position);
        };
        const list = (make) => Array.from({ length: number() }, make);
        const text = () => item().toString();
        return [list(text), list(text), list(text), list(() => [text(), item(), number()])];
    }

    function take(job) {
        const [words, variables, [root, place], files] = unpack(job);
        process.argv.push(...words);
        for (const variable of variables) {
            const end = variable.indexOf('=');
            process.env[variable.slice(0, end)] = variable.slice(end + 1);
        }
        // They depend on HOME.
        Module._initPaths();
        let position = noFile;
        try {
            if (root !== undefined) {
                makeFolder(root);
            }
            files.forEach(([name, content, mode], index) => {
                position = index;
                write(name, content, mode);
            });
            position = noFile;
            if (root !== undefined) {
                furnish(root, place);
            }
        } catch (error) {
            refuse(position, error);
        }
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
    process.chdir(process.env.OUTPOST_DIRECTORY);
    // A program without files, arguments and variables, and one with a variable.
    take(Buffer.alloc(16));
    take(Buffer.from('\0\0\0\0\x01\0\0\0\x03\0\0\0A=1\0\0\0\0\0\0\0\0'));
    forgetVariables();
    forget();
    fs.writeSync(answers, frame(38));
    take(receive());
    fs.closeSync(channel);
    fs.closeSync(answers);
})();
