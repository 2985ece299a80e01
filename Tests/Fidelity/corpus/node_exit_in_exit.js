// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
process.on('exit', () => { console.log('first'); process.exit(9); });
process.on('exit', () => console.log('second'));
