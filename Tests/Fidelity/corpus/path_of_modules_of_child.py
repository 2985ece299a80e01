# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
# run: {"files": [{"path": "beside.py", "content": "name = __file__"}]}
import multiprocessing
import subprocess
import sys


def child():
    import beside
    print(sys.path, beside.name, __name__, flush=True)


if __name__ == "__main__":
    print(subprocess.run([sys.executable, "-c", "import sys, os, beside; print(sys.path, beside.name, sorted(os.environ))"],
                         capture_output=True, check=True))
    process = multiprocessing.get_context("spawn").Process(target=child)
    process.start()
    process.join()
