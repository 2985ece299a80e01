// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
// Node: promises, files, child processes, worker threads, HTTP on loopback, streams, cryptography, WebAssembly, timers.
import { execFile, fork, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { promises as files, watch } from "node:fs";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { Worker, isMainThread } from "node:worker_threads";
import { gunzipSync, gzipSync } from "node:zlib";

const folder = await files.mkdtemp(path.join(os.tmpdir(), "corpus-"));
const file = path.join(folder, "file");
const seen = once(watch(folder), "change");
await files.writeFile(file, "content");
console.log((await seen)[1], await files.readFile(file, "utf8"), (await files.stat(file)).size);

console.log((await promisify(execFile)("echo", ["child"])).stdout.trim());
const cat = spawn("cat");
cat.stdin.end("through cat");
console.log(String((await once(cat.stdout, "data"))[0]));
const script = path.join(folder, "child.cjs");
await files.writeFile(script, "process.on('message', (m) => { process.send(m * 2); process.disconnect(); })");
const child = fork(script);
child.send(21);
console.log((await once(child, "message"))[0]);

const source = "const { parentPort, workerData } = require('worker_threads'); parentPort.postMessage(workerData + 1)";
const workers = [1, 2, 3].map((workerData) => new Worker(source, { eval: true, workerData }));
console.log(isMainThread, (await Promise.all(workers.map((worker) => once(worker, "message")))).flat());

const server = http.createServer((request, response) => response.end(`you asked for ${request.url}`));
await once(server.listen(0, "127.0.0.1"), "listening");
const target = { port: server.address().port, host: "127.0.0.1", path: "/x" };
const answer = await new Promise((resolve) => http.get(target, resolve));
for await (const chunk of answer) console.log(answer.statusCode, String(chunk));
server.close();
const local = net.createServer((socket) => socket.end("unix"));
await once(local.listen(path.join(folder, "socket")), "listening");
console.log(String((await once(net.connect(path.join(folder, "socket")), "data"))[0]));
local.close();

console.log(createHash("sha256").update("x").digest("hex").slice(0, 16), randomBytes(8).length);
console.log(gunzipSync(gzipSync("compressed")).toString());
const wasm = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 127, 3, 2, 1, 0,
  7, 5, 1, 1, 102, 0, 0, 10, 6, 1, 4, 0, 65, 42, 11,
]);
console.log((await WebAssembly.instantiate(wasm)).instance.exports.f());
await new Promise((resolve) => setTimeout(resolve, 5));
process.once("SIGUSR2", () => console.log("signal"));
process.kill(process.pid, "SIGUSR2");
await new Promise((resolve) => setTimeout(resolve, 20));
await files.rm(folder, { recursive: true });
process.exit(0);
