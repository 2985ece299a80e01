# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"env": [["HOME", "/tmp/home"]], "files": [{"path": "/tmp/home/.local/lib/python3.11/site-packages/mine.pth", "content": "import sys; sys.stderr.write('pth\\n')\n"}]}
import signal
import subprocess
import sys
print(sys.path, sys.argv, sys.orig_argv, signal.getsignal(signal.SIGPIPE))
print(subprocess.check_output(["grep", "SigIgn", "/proc/self/status"], restore_signals=False))
