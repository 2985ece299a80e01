# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"security": {"preset": "strict"}}
import os
import sys
print(os.getcwd(), sys.flags)
try:
    open("/home/sandbox/x", "w")
except OSError as error:
    print(error)
