// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
// run: {"env": [["A", "1"], ["EMPTY", ""], ["WITH", "a=b=c"], ["ÜML", "ü"], ["TZ", "America/New_York"]]}
console.log(Object.entries(process.env).sort(), 'EMPTY' in process.env, process.env.NOPE, Object.keys(process.env).length);
console.log(new Date(0).toString(), Intl.DateTimeFormat().resolvedOptions());
process.env.TZ = 'Asia/Tokyo';
console.log(new Date(0).toString());
delete process.env.TZ;
console.log(new Date(0).toString());
