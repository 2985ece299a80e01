// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net, { Socket } from 'node:net';
import stream, { Writable } from 'node:stream';
fs.readFileSync = () => 'patched';
syncBuiltinESMExports();
console.log(await import('node:fs').then((module) => module.readFileSync()), Socket === net.Socket, Writable === stream.Writable);
