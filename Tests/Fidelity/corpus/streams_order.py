# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import os
import sys
# Both to one pipe: what is buffered comes later.
os.dup2(1, 2)
print("one")
print("two", file=sys.stderr)
os.write(1, b"three\n")
print("four", flush=True)
print("five", file=sys.stderr, end="")
print("six")
