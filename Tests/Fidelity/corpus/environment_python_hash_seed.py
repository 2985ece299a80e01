# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"env": [["PYTHONHASHSEED", "42"]]}
import sys
print(sys.flags.hash_randomization, hash("text"), hash(b"bytes"), list({"a", "b", "c", "d"}))
