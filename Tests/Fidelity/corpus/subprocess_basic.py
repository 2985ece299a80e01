# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys
print(subprocess.run([sys.executable, "-c", "import sys; print(sys.argv, sys.flags.isolated); sys.exit(3)", "x"]))
print(subprocess.run(["sh", "-c", "kill -9 $$"]).returncode)
print(subprocess.check_output("echo $0; ls /proc/self/fd | wc -l", shell=True))
try:
    subprocess.run(["/nonexistent"])
except FileNotFoundError as error:
    print(error)
