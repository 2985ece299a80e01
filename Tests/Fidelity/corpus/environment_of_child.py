# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"env": [["B", "2"], ["A", "1"]]}
import os
import subprocess
print(subprocess.run(["/usr/bin/env"], capture_output=True, text=True, check=True).stdout)
os.environ["D"] = "4"
del os.environ["A"]
os.system("/usr/bin/env")
