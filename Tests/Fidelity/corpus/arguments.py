# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"args": ["one", "two words", "", "ünï", "--flag", "-c", "a\nb"]}
import sys
print(sys.argv)
print(sys.orig_argv)
