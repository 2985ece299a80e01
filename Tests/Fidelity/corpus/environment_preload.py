# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"env": [["LD_BIND_NOW", "1"], ["MALLOC_ARENA_MAX", "1"]]}
import os
print(list(os.environ.items()))
