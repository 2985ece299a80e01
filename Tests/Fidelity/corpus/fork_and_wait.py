# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import os
import sys
print("buffered")
sys.stdout.flush()
pid = os.fork()
if pid == 0:
    print("child", os.getppid() > 0)
    sys.exit(6)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
try:
    os.waitpid(-1, 0)
except ChildProcessError as error:
    print(error)
