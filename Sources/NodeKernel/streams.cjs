// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

// The thread of the Node.js kernel that speaks with the server. Code can keep the main thread busy, and an interrupt
// can stop the main thread anywhere. So this thread writes every frame, and reads what the code and its child processes
// write to their pipes.
'use strict';

const fs = require('fs');
const net = require('net');
const inspector = require('inspector');
const { parentPort, workerData } = require('worker_threads');

const [READS, WRITES] = [3, 4];
const [MESSAGE, STDOUT, STDERR] = [0, 1, 2];
const HEADER = 5;
const mark = Buffer.from(workerData.mark);
// Counts for the main thread how many of its messages were sent.
const sent = new Int32Array(workerData.sent);
/// The request whose code runs in the main thread; 0 for none.
const busy = new Int32Array(workerData.busy);

function send(kind, payload) {
    const frame = Buffer.allocUnsafe(HEADER + payload.length);
    frame.writeUInt32LE(payload.length, 0);
    frame[4] = kind;
    payload.copy(frame, HEADER);
    for (let at = 0; at < frame.length;) at += fs.writeSync(WRITES, frame, at);
}

// Messages of the main thread that wait for the output before them.
const waiting = [];
let released = 0;

/// A pipe of the code. The main thread writes a mark with a number into both pipes for each of its messages. Output
/// after a mark waits until that message is sent.
class Capture {
    constructor(descriptor, kind) {
        this.kind = kind;
        this.kept = Buffer.alloc(0);
        this.passed = 0;
        this.socket = new net.Socket({ fd: descriptor, readable: true, writable: false });
        this.socket.on('data', (data) => {
            this.kept = this.kept.length ? Buffer.concat([this.kept, data]) : data;
            advance();
        });
        this.socket.on('error', () => {});
    }

    get isHeld() { return this.passed > released; }

    take() {
        while (!this.isHeld && this.kept.length) {
            const at = this.kept.indexOf(mark);
            const isWhole = at >= 0 && this.kept.length >= at + mark.length + 4;
            const end = at >= 0 ? at : this.kept.length - this.partial();
            for (let start = 0; start < end; start += 65536) {
                send(this.kind, this.kept.subarray(start, Math.min(end, start + 65536)));
            }
            if (!isWhole) {
                this.kept = this.kept.subarray(end);
                break;
            }
            this.passed = this.kept.readUInt32LE(at + mark.length);
            this.kept = this.kept.subarray(at + mark.length + 4);
        }
        if (this.isHeld) this.socket.pause(); else this.socket.resume();
    }

    /// The number of bytes at the end that may be the beginning of a mark.
    partial() {
        for (let count = Math.min(mark.length - 1, this.kept.length); count > 0; count -= 1) {
            if (this.kept.subarray(-count).equals(mark.subarray(0, count))) return count;
        }
        return 0;
    }
}

const captures = [new Capture(5, STDOUT), new Capture(6, STDERR)];

function advance() {
    for (;;) {
        for (const capture of captures) capture.take();
        const passed = Math.min(...captures.map((capture) => capture.passed));
        if (!waiting.length || waiting[0].number > passed) return;
        const { number, payload } = waiting.shift();
        if (payload) send(MESSAGE, Buffer.from(payload));
        released = number;
        Atomics.store(sent, 0, number);
        Atomics.notify(sent, 0);
    }
}

parentPort.on('message', (message) => {
    waiting.push(message);
    advance();
});

// Requests.

function receive(request) {
    if (request.type === 'interrupt') setTimeout(insist, 100, request.id);
    parentPort.postMessage(request);
}

/// Stops code that keeps the main thread busy, so that the main thread does not see its signal.
function insist(id) {
    if (Atomics.load(busy, 0) !== id) return;
    const session = new inspector.Session();
    session.connectToMainThread();
    session.post('Runtime.terminateExecution', () => session.disconnect());
    setTimeout(insist, 1000, id);
}

let received = Buffer.alloc(0);
const requests = new net.Socket({ fd: READS, readable: true, writable: false });
requests.on('data', (data) => {
    received = received.length ? Buffer.concat([received, data]) : data;
    while (received.length >= HEADER) {
        const end = HEADER + received.readUInt32LE(0);
        if (received.length < end) break;
        receive(JSON.parse(received.toString('utf8', HEADER, end)));
        received = received.subarray(end);
    }
});
requests.on('end', () => parentPort.postMessage({ type: 'close' }));
requests.on('error', () => parentPort.postMessage({ type: 'close' }));
