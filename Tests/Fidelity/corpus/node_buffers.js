// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
const data = Buffer.from('zürich');
console.log(data, data.toString('base64'), Buffer.poolSize, Buffer.concat([data, Buffer.alloc(3)]));
console.log(Buffer.from('a').buffer.byteLength, Buffer.allocUnsafe(10).length, data.subarray(1, 3));
