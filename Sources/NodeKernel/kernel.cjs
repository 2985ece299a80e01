// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

// The Node.js kernel of a sandbox. It runs code for the server; docs/kernel-protocol.md has the messages. `start.sh`
// prepares its descriptors.
'use strict';

const crypto = require('crypto');
const fs = require('fs');
const inspector = require('inspector');
const path = require('path');
const url = require('url');
const util = require('util');
const vm = require('vm');
const { builtinModules, createRequire } = require('module');
const { Writable } = require('stream');
const { Worker } = require('worker_threads');
const { withoutImports } = require('./modules.cjs');

const PROTOCOL = 1;
const [STDOUT, STDERR] = [1, 2];
const mark = crypto.randomBytes(16);
const sent = new Int32Array(new SharedArrayBuffer(4));
/// The request whose code runs; 0 for none.
const busy = new Int32Array(new SharedArrayBuffer(4));
const { stringify } = JSON;

// Streams.

const streams = new Worker(path.join(__dirname, 'streams.cjs'), {
    workerData: { mark, sent: sent.buffer, busy: busy.buffer },
});
let number = 0;

/// Sends a message after all output that was written before. Without a message, the order of the output before and
/// after this call is kept.
function send(message) {
    number += 1;
    streams.postMessage({ number, payload: message ? Buffer.from(stringify(message)) : null });
    const marked = Buffer.concat([mark, Buffer.alloc(4)]);
    marked.writeUInt32LE(number, mark.length);
    for (const descriptor of [STDOUT, STDERR]) fs.writeSync(descriptor, marked);
}

let lastWritten = STDOUT;

function write(descriptor, data) {
    if (descriptor !== lastWritten) {
        lastWritten = descriptor;
        send(null);
    }
    for (let at = 0; at < data.length;) at += fs.writeSync(descriptor, data, at);
}

/// Returns a stream that writes at once. An interrupt can stop a write anywhere, and a Writable that was stopped in a
/// write would never write again.
function sink(descriptor) {
    const stream = new Writable();
    stream.write = (chunk, encoding, done) => {
        const callback = typeof encoding === 'function' ? encoding : done;
        write(descriptor, typeof chunk === 'string'
            ? Buffer.from(chunk, typeof encoding === 'string' ? encoding : 'utf8') : chunk);
        if (typeof callback === 'function') process.nextTick(callback);
        return true;
    };
    stream.end = (chunk, ...rest) => {
        if (chunk !== undefined && typeof chunk !== 'function') stream.write(chunk, ...rest);
        return stream;
    };
    stream.fd = descriptor;
    stream.isTTY = false;
    stream._type = 'pipe';
    stream.destroy = () => stream;
    return stream;
}

for (const [name, descriptor] of [['stdout', STDOUT], ['stderr', STDERR]]) {
    const stream = sink(descriptor);
    Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => stream });
}

// Results.

const request = { id: null, limit: 1 << 20 };

/// Returns the representations of a value.
function bundle(value) {
    const plain = { 'text/plain': util.inspect(value, { depth: 4 }) };
    const own = value !== null && typeof value === 'object' && value[Symbol.for('Jupyter.display')];
    if (typeof own !== 'function') return plain;
    const made = own.call(value);
    return made && typeof made === 'object' ? { ...plain, ...made } : plain;
}

function sendResult(data, isMain, count) {
    // A timer of an earlier request shows something, and nobody would get it.
    if (request.id === null) return;
    const [texts, json] = [{}, {}];
    for (const [mime, part] of Object.entries(data)) {
        if (typeof part === 'string') texts[mime] = part;
        else if (part instanceof Uint8Array) texts[mime] = Buffer.from(part).toString('base64');
        else if (part !== undefined && part !== null) json[mime] = stringify(part);
    }
    const message = { type: 'result', id: request.id, data: texts, json, is_main_result: isMain };
    if (count !== undefined) message.execution_count = count;
    const omitted = {};
    while (Buffer.byteLength(stringify(message)) > request.limit) {
        const parts = [texts, json].flatMap((part) => Object.keys(part).map((mime) => [part, mime]));
        if (!parts.length) break;
        const [part, mime] = parts.sort(([a, b], [c, d]) => c[d].length - a[b].length)[0];
        const text = part[mime];
        delete part[mime];
        if (mime === 'text/plain' && !omitted[mime] && text.length > 2000) part[mime] = `${text.slice(0, 1000)}…`;
        omitted[mime] = omitted[mime] ?? Buffer.byteLength(text);
        message.omitted = omitted;
    }
    send(message);
}

function display(...values) {
    for (const value of values) sendResult(bundle(value), false);
}

// Code.

const session = new inspector.Session();
session.connect();
const importer = `globalThis[Symbol.for('outpost.import')]`;
const receiver = `globalThis[Symbol.for('outpost.value')]`;
let received;
let count = 0;

function makeImporter() {
    const file = path.join(process.cwd(), '[kernel]');
    const loader = vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER;
    if (loader) {
        return new vm.Script('(name, options) => import(name, options)', {
            filename: file, importModuleDynamically: loader,
        }).runInThisContext();
    }
    const near = createRequire(file);
    return (name) => {
        if (/^\.{0,2}\//.test(name)) return import(url.pathToFileURL(path.resolve(name)).href);
        if (/^[\w+.-]+:/.test(name) || builtinModules.includes(name)) return import(name);
        return import(url.pathToFileURL(near.resolve(name)).href);
    };
}

function hide(key, value) {
    Object.defineProperty(globalThis, key, { value, configurable: true, writable: true, enumerable: false });
}

function prepareGlobals() {
    hide(Symbol.for('outpost.import'), makeImporter());
    hide(Symbol.for('outpost.value'), (value) => { received = value; });
    hide('require', createRequire(path.join(process.cwd(), '[kernel]')));
    hide('module', { exports: {} });
    hide('exports', globalThis.module.exports);
    hide('display', display);
    for (const name of builtinModules) {
        if (/[/_]/.test(name) || name in globalThis) continue;
        Object.defineProperty(globalThis, name, {
            configurable: true, enumerable: false,
            get: () => require(name),
            set(value) { hide(name, value); },
        });
    }
    const { emitWarning } = process;
    process.emitWarning = (warning, ...rest) => {
        // The importer uses it, and the code cannot do anything about it.
        if (!String(warning).includes('USE_MAIN_CONTEXT_DEFAULT_LOADER')) emitWarning.call(process, warning, ...rest);
    };
    process.exit = (code) => {
        const error = new Error(`process.exit(${code ?? ''}) does not end a kernel`);
        error.name = 'SystemExit';
        throw error;
    };
}

/// Returns the value of a remote object.
function valueOf(remote) {
    if (remote.type === 'undefined') return undefined;
    if (remote.unserializableValue !== undefined) {
        return remote.type === 'bigint' ? BigInt(remote.unserializableValue.slice(0, -1)) : Number(
            remote.unserializableValue);
    }
    if (remote.objectId === undefined) return remote.value ?? null;
    received = undefined;
    session.post('Runtime.callFunctionOn', {
        objectId: remote.objectId, functionDeclaration: `function(value) { ${receiver}(value); }`,
        arguments: [{ objectId: remote.objectId }],
    }, () => {});
    const value = received;
    received = undefined;
    return value;
}

function describedError(value) {
    if (!util.types.isNativeError(value) && !(value instanceof Error)) {
        const text = util.inspect(value);
        return { name: value?.constructor?.name ?? typeof value, value: text, traceback: [`Uncaught ${text}`] };
    }
    const lines = String(value.stack ?? value).split('\n');
    const own = lines.findIndex((line) => line.includes('node:inspector') || line.includes(__dirname));
    return {
        name: String(value.name), value: String(value.message), traceback: own > 0 ? lines.slice(0, own) : lines,
    };
}

const INTERRUPTED = {
    name: 'Interrupted', value: 'the code was interrupted', traceback: ['Interrupted: the code was interrupted'],
};

let pending = null;

/// Runs code. An interrupt ends the wait for it: `streams.cjs` stops code that keeps this thread busy.
function run(code, cell) {
    return new Promise((resolve) => {
        pending = { interrupt: () => resolve({ error: INTERRUPTED }) };
        // Stopped code takes its callers with it, so they must not be the functions that wait for it.
        setImmediate(evaluate, `${withoutImports(code, importer)}\n//# sourceURL=cell-${cell}.js`, resolve);
    });
}

function evaluate(expression, resolve) {
    session.post('Runtime.evaluate', { expression, replMode: true, objectGroup: 'cell' }, (problem, answer) => {
        // The inspector refuses nothing else: the code was stopped.
        if (problem) resolve({ error: INTERRUPTED });
        else if (answer.exceptionDetails) resolve({ error: thrown(answer.exceptionDetails) });
        else resolve({ value: valueOf(answer.result) });
    });
}

function thrown(details) {
    if (!details.exception) return { name: 'Error', value: details.text, traceback: [details.text] };
    const error = describedError(valueOf(details.exception));
    if (error.name === 'SyntaxError') error.traceback.push(`    at line ${details.lineNumber + 1}`);
    return error;
}

async function execute({ code }) {
    count += 1;
    const cell = count;
    Atomics.store(busy, 0, request.id);
    const outcome = await run(code, cell);
    Atomics.store(busy, 0, 0);
    pending = null;
    let { error } = outcome;
    if (!error && outcome.value !== undefined) {
        hide('_', outcome.value);
        try {
            sendResult(bundle(outcome.value), true, cell);
        } catch (problem) {
            error = describedError(problem);
        }
    }
    session.post('Runtime.releaseObjectGroup', { objectGroup: 'cell' }, () => {});
    return { status: error ? 'error' : 'ok', error: error ?? null, execution_count: cell };
}

// Completion and inspection. They evaluate without side effects.

function units(code, cursor) {
    return [...code].slice(0, cursor).join('').length;
}

function evaluated(expression) {
    let found = { isThere: false };
    session.post('Runtime.evaluate', {
        expression, throwOnSideEffect: true, silent: true, objectGroup: 'look', timeout: 500,
    }, (problem, answer) => {
        if (!problem && !answer.exceptionDetails) found = { isThere: true, value: valueOf(answer.result) };
    });
    session.post('Runtime.releaseObjectGroup', { objectGroup: 'look' }, () => {});
    return found;
}

function namesOf(value) {
    const names = new Set();
    for (let part = Object(value); part !== null; part = Object.getPrototypeOf(part)) {
        for (const name of Object.getOwnPropertyNames(part)) if (/^[A-Za-z_$][\w$]*$/.test(name)) names.add(name);
    }
    return [...names];
}

function complete({ code, cursor }) {
    const before = code.slice(0, units(code, cursor));
    const token = /[\w$.]*$/.exec(before)[0];
    const dot = token.lastIndexOf('.');
    const word = token.slice(dot + 1);
    let names = [];
    if (dot >= 0) {
        const found = evaluated(token.slice(0, dot));
        if (found.isThere && found.value !== undefined && found.value !== null) names = namesOf(found.value);
    } else {
        session.post('Runtime.globalLexicalScopeNames', {}, (_, answer) => { names = answer?.names ?? []; });
        names = [...new Set([...names, ...Object.getOwnPropertyNames(globalThis)])];
    }
    const matches = names.filter((name) => name.startsWith(word)).sort();
    const length = [...word].length;
    return { status: 'ok', matches: matches.slice(0, 1000), cursor_start: cursor - length, cursor_end: cursor };
}

function inspect({ code, cursor }) {
    const at = units(code, cursor);
    const token = /[\w$.]*$/.exec(code.slice(0, at))[0] + /^[\w$]*/.exec(code.slice(at))[0];
    const found = token ? evaluated(token) : { isThere: false };
    if (!found.isThere) return { status: 'ok', found: false, data: {} };
    const { value } = found;
    const lines = [`Type: ${typeof value === 'object' ? value?.constructor?.name ?? 'null' : typeof value}`];
    if (typeof value === 'function') lines.push(Function.prototype.toString.call(value).slice(0, 4000));
    else lines.push(util.inspect(value, { depth: 1 }).slice(0, 4000));
    return { status: 'ok', found: true, data: { 'text/plain': lines.join('\n') } };
}

// Requests, one after the other.

let [announced, handled] = [0, 0];
let signalled = () => {};
let queue = Promise.resolve();

process.on('SIGINT', () => {
    handled += 1;
    signalled();
    pending?.interrupt();
});

/// Interrupts code that waits. A signal follows.
function interrupt(id) {
    announced += 1;
    if (id === request.id) pending?.interrupt();
}

/// Waits for the signal of an earlier request, which may still be on its way.
function lateSignal() {
    if (announced <= handled) return null;
    return new Promise((resolve) => {
        signalled = resolve;
        setTimeout(resolve, 200);
    }).then(() => {
        signalled = () => {};
        handled = announced;
    });
}

async function serve(message) {
    await lateSignal();
    request.id = message.id;
    request.limit = message.max_result_bytes ?? 1 << 20;
    let reply;
    try {
        reply = await { exec: execute, complete, inspect }[message.type](message);
    } catch (error) {
        reply = { status: 'error', error: describedError(error) };
    }
    request.id = null;
    send({ type: 'end', id: message.id, ...reply });
}

streams.on('message', (message) => {
    if (message.type === 'close') process.reallyExit(0);
    else if (message.type === 'interrupt') interrupt(message.id);
    else queue = queue.then(() => serve(message));
});
// Without this thread nobody hears the kernel.
streams.on('error', () => process.reallyExit(70));

for (const event of ['uncaughtException', 'unhandledRejection']) {
    process.on(event, (error) => {
        write(STDERR, Buffer.from(`Uncaught ${describedError(error).traceback.join('\n').replace(/^Uncaught /, '')}\n`));
    });
}
process.on('exit', () => {
    send(null);
    Atomics.wait(sent, 0, number - 1, 1000);
});

process.argv.length = 1;
prepareGlobals();
send({
    type: 'ready', protocol: PROTOCOL, language: 'node', version: process.versions.node, implementation: 'node',
});
