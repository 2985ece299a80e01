# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import sys
for number in range(20000):
    print(number, "x" * 20)
    if number % 1000 == 0:
        print(number, file=sys.stderr)
