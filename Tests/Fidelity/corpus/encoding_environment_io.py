# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"env": [["PYTHONIOENCODING", "latin-1:backslashreplace"]]}
import sys
print(sys.stdout.encoding, sys.stdout.errors, "ü 日")
