// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
function inner() { null.property; }
process.on('exit', (code) => console.log('exit', code));
(function outer() { inner(); })();
