// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
const { execFileSync, spawnSync } = require('child_process');
console.log(execFileSync('/bin/sh', ['-c', 'echo out; cat; umask; pwd; env | sort'], { input: 'in' }).toString());
console.log(spawnSync('/bin/sh', ['-c', 'kill -TERM $$']).signal, spawnSync('no-such').error);
const show = "console.log(process.argv.slice(2), process.execArgv, require('module')._preloadModules.length)";
console.log(spawnSync(process.execPath, ['-e', show, 'x']).stdout.toString());
