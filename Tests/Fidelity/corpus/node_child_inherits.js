// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
// The child shares the descriptors, and with them whether they block.
const { spawn } = require('child_process');
const flags = 'import fcntl, os; print([fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_NONBLOCK for fd in (0, 1, 2)], flush=True)';
const open = "import os; print(sorted(int(fd) for fd in os.listdir('/proc/self/fd'))[:3])";
spawn('/usr/bin/python3', ['-c', `${flags}\n${open}`], { stdio: 'inherit' }).on('exit', (code) => {
    console.log('ended', code);
    spawn('/usr/bin/python3', ['-c', flags], { stdio: 'inherit' });
});
