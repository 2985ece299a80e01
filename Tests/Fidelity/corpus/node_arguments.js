// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
// run: {"args": ["one", "two words", "", "ünï", "--flag", "-r", "a\nb"]}
console.log(process.argv, process.execArgv, process.argv0, process.execPath, process.title);
