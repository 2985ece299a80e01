// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
Error.stackTraceLimit = 50;
console.log(new Error('whole stack').stack);
setTimeout(() => console.log(new Error('timer').stack), 1);
setImmediate(() => console.log(new Error('immediate').stack));
process.nextTick(() => console.log(new Error('tick').stack));
Promise.resolve().then(() => console.log(new Error('promise').stack));
Error.prepareStackTrace = (_, sites) => sites.map((site) => `${site.getFileName()}:${site.getLineNumber()}`);
console.log(new Error('sites').stack);
delete Error.prepareStackTrace;
