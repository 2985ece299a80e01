// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
const bytes = Buffer.from('0061736d0100000001070160027f7f017f030201000707010361646400000a09010700200020016a0b', 'hex');
console.log(new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.add(2, 3));
console.log(require('v8').getHeapStatistics().heap_size_limit, require('os').availableParallelism(), typeof gc);
let kept = []; for (let round = 0; round < 2e5; round++) kept.push({ round });
console.log(kept.length, new WeakRef(kept).deref() === kept);
