# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"files": [{"path": "random.py", "content": "print('shadows random')\n"}, {"path": "io.py", "content": "print('never')\n"}]}
import io
import random
print(random.__file__)
