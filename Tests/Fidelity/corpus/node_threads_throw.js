// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
const { Worker } = require('worker_threads');
new Worker('throw new SyntaxError("in worker")', { eval: true }).on('error', (error) => { console.log(error.message); throw error; });
