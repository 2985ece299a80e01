# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import faulthandler
import os
import sys
# The thread's id is an address.
with open("/tmp/trace", "w+") as file:
    faulthandler.enable(file)
    if os.fork() == 0:
        faulthandler._sigsegv()
    print(os.waitstatus_to_exitcode(os.wait()[1]))
    file.seek(0)
    print([line for line in file if "thread" not in line.lower()])
faulthandler.enable()
print(faulthandler.is_enabled(), file=sys.stderr)
