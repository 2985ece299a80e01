# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import importlib
import sys
print(sorted(name for name in sys.path_importer_cache), importlib.util.find_spec("_outpost_fork") if hasattr(importlib, "util") else "")
for name in ("_outpost_starter", "_outpost_fork"):
    try:
        __import__(name)
    except ImportError as error:
        print(error)
