// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
process.stdout.write(Buffer.from([0, 255, 254, 10, 128]));
process.stdout.write('latin: é', 'latin1');
require('fs').writeSync(1, 'direct\n');
