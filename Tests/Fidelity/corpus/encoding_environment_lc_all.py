# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"env": [["LC_ALL", "POSIX"]]}
import os
import sys
print(sys.stdout.encoding, sys.stdout.errors, sys.flags.utf8_mode, os.environ)
