# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"files": [{"path": "helper.py", "content": "VALUE = 3\nprint(__name__, __file__)\n"}, {"path": "package/__init__.py", "content": "from . import part\n"}, {"path": "package/part.py", "content": "print(__name__, __package__, __path__ if '__path__' in globals() else None)\n"}, {"path": "/tmp/far/data.txt", "content": "data"}]}
import os
import helper
import package
print(helper.VALUE, helper.__cached__, sorted(os.listdir(".")), sorted(os.listdir("__pycache__")), open("/tmp/far/data.txt").read())
