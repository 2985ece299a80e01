// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
// run: {"env": [["Z", "1"], ["A", "2"], ["M", "3"]]}
console.log(Object.keys(process.env));
