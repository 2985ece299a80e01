# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import os
import sys
sys.stdin.close()
os.close(0)
print(os.open("/dev/null", os.O_RDONLY))
input()
