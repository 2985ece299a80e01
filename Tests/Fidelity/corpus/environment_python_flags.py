# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"env": [["PYTHONOPTIMIZE", "2"], ["PYTHONDONTWRITEBYTECODE", "1"], ["PYTHONUNBUFFERED", "1"]]}
import os
import sys
assert False, "not checked"
print(sys.flags, sys.stdout.write_through, __debug__)
os.write(1, b"last\n")
