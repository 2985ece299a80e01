# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"env": [["PYTHONPATH", "/workspace/library:/tmp"]], "files": [{"path": "library/given.py", "content": "print('given', __file__)"}]}
import sys
print(sys.path)
import given
