# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import os
import tempfile
print(tempfile.gettempdir(), tempfile.gettempprefix(), len(tempfile.mktemp()), os.path.exists(tempfile.mkdtemp()))
with tempfile.NamedTemporaryFile() as file:
    print(oct(os.stat(file.name).st_mode), file.name.startswith("/tmp/tmp"))
