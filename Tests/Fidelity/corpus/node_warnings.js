// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
process.emitWarning('a warning', { code: 'W1', detail: 'detail' });
new Buffer(1);
require('punycode');
process.emitWarning('dep', 'DeprecationWarning', 'DEP9');
process.on('warning', (warning) => console.log(warning.name, warning.code));
