# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"stdin": "through the path"}
print(open("/dev/stdin").read())
