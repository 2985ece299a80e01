// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
// The directory, the variables and the arguments are the program's when the worker begins.
const { Worker, SHARE_ENV } = require('worker_threads');
process.chdir('/tmp');
process.env.ADDED = '1';
const code = `console.log(process.cwd(), process.env.ADDED, process.execArgv, Object.keys(require.cache), require.main,
    require('module').globalPaths, process.argv)`;
new Worker(code, { eval: true }).on('exit', () => {
    new Worker(code, { eval: true, env: SHARE_ENV, execArgv: [] }).on('exit', () => {
        new Worker(new URL('data:text/javascript,console.log(process.execArgv, import.meta.url)'));
    });
});
