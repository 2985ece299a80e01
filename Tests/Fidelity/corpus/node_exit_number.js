// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
process.stdout.write('x'.repeat(70000), () => process.exit(300));
