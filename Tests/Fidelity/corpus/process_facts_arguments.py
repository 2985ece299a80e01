# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"args": ["one", "two"]}
print(open("/proc/self/cmdline").read().split("\0"))
