# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
print(subprocess.check_output(["ls", "/proc/self/fd"], close_fds=False))
print(subprocess.check_output(["ls", "/proc/self/fd"]))
