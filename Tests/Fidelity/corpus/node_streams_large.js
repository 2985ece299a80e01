// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
for (let number = 0; number < 20000; number++) process.stdout.write(`${number} ${'x'.repeat(number % 50)}\n`);
process.stderr.write(Buffer.alloc(300000, 'e'));
