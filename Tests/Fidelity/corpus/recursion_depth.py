# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import sys


def down(depth):
    try:
        return down(depth + 1)
    except RecursionError:
        return depth


print(sys.getrecursionlimit(), down(0))
sys.setrecursionlimit(5000)
print(down(0))
