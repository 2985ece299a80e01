# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys
with subprocess.Popen([sys.executable, "-i", "-q"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                      stderr=subprocess.STDOUT, text=True) as child:
    print(child.communicate("1 + 1\nimport sys\nsys.argv\n")[0], child.returncode)
