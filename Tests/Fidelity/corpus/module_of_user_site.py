# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"files": [{"path": "/home/sandbox/.local/lib/python3.11/site-packages/usercustomize.py", "content": "print('the user\\'s own')"}, {"path": "/home/sandbox/.local/lib/python3.11/site-packages/own.pth", "content": "import sys; print('pth', len(sys.argv))\n"}, {"path": "/home/sandbox/.local/lib/python3.11/site-packages/mine.py", "content": "print('mine')"}]}
import sys
print(sys.path)
import mine
