# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
def down(depth):
    return down(depth + 1)


down(0)
