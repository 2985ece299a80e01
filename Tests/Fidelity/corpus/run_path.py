# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"files": [{"path": "part.py", "content": "print(__name__, __file__, __spec__ and __spec__.origin)"}]}
import runpy
runpy.run_path("part.py", run_name="__main__")
runpy.run_module("part")
