# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"files": [{"path": "part.py", "content": "class Part:\n    def __del__(self):\n        print('part goes', print, __name__)\npart = Part()\n"}]}
import part
import sys
part.module = sys.modules[__name__]
