// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
// run: {"env": [["NODE_OPTIONS", "--stack-trace-limit=2"], ["NODE_DEBUG", "x"]]}
console.log(process.execArgv, process.env.NODE_OPTIONS, new Error('x').stack.split('\n').length);
