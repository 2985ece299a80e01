# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"stdin": "one\ntwo\nthree\n"}
import os
import subprocess
print(os.read(0, 4))
subprocess.run(["cat"], check=True)
