# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"files": [{"path": "beside.py", "content": "name = __file__"}, {"path": "package/part.py", "content": "name = __file__"}, {"path": "data.txt", "content": "data"}]}
import importlib.machinery
import importlib.util
import os
import sys

print(sys.path, len(sys.meta_path), len(sys.path_hooks), sorted(map(str, sys.path_importer_cache)))
print(type(__loader__) is importlib.machinery.SourceFileLoader, __loader__.name, __loader__.path, __spec__)
print(type(os.__loader__), type(importlib.util.find_spec("beside").loader))
import beside
from package import part
print(beside.name, part.name, [name for name in sys.modules if "outpost" in name or "custom" in name])
here = os.path.dirname(__file__)
print(os.getcwd(), os.listdir(), sorted(os.listdir(here)), open(os.path.join(here, "data.txt")).read())
for path in (__file__, os.path.join(here, "new"), here):
    print(oct(os.stat(here).st_mode), os.access(path, os.W_OK))
