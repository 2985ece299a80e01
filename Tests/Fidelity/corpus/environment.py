# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"env": [["B", "2"], ["A", "1"], ["EMPTY", ""], ["HOME", "/tmp"], ["EQUALS", "a=b=c"], ["ÜN", "ï"]]}
import os
print(list(os.environ.items()))
print(os.environb[b"HOME"], os.path.expanduser("~"))
