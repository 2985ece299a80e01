// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
const vm = require('vm');
console.log(vm.runInNewContext('x + 1; [typeof require, Object.getOwnPropertyNames(globalThis).length]', { x: 1 }));
console.log(eval('var y = 3; y'), new Function('a', 'return a * 2')(4), vm.isContext({}));
vm.runInThisContext('throw new Error("in vm")', { filename: 'named.js', lineOffset: 10 });
