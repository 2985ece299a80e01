// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
// run: {"stdin": "some bytes"}
process.stdin.setEncoding('utf8').on('data', (data) => console.log('data', data)).on('end', () => console.log('end'));
