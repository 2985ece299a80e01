# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"env": [["B", "2"], ["A", "1"]]}
print(open("/proc/self/environ").read().split("\0"))
