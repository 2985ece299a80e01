# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import subprocess
try:
    subprocess.run(["sleep", "9"], timeout=0.05)
except subprocess.TimeoutExpired as error:
    print(type(error), error.cmd, error.output)
