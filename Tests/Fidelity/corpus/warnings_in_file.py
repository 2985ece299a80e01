# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"files": [{"path": "part.py", "content": "import warnings\nwarnings.warn('in a module', DeprecationWarning)\n"}]}
import part
assert (1, "always true")
