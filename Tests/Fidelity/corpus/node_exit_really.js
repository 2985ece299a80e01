// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
process.on('exit', () => console.log('never'));
process.reallyExit(4);
