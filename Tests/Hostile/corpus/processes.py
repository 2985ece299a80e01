# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Processes: subprocess in all its ways, multiprocessing by fork, spawn and forkserver, shared memory, signals."""

import multiprocessing
import multiprocessing.shared_memory
import os
import signal
import subprocess
import sys


def square(number):
    return number * number


def fill(name):
    memory = multiprocessing.shared_memory.SharedMemory(name)
    memory.buf[:5] = b"child"
    memory.close()


def main():
    print(subprocess.check_output(["/bin/echo", "argv"], text=True), end="", flush=True)
    print(subprocess.run("read line; echo got $line; exit 3", shell=True, input="text\n", text=True,
                         stdout=subprocess.PIPE, check=False))
    print(subprocess.run([sys.executable, "-c", "import os; print(os.getsid(0) == os.getpid())"],
                         start_new_session=True,
                         capture_output=True, text=True, check=True).stdout.strip())
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as cat:
        print(len(cat.communicate(bytes(1 << 20))[0]))
    try:
        subprocess.run(["sleep", "10"], timeout=0.05, check=False)
    except subprocess.TimeoutExpired:
        print("timed out")
    for method in ("fork", "spawn", "forkserver"):
        context = multiprocessing.get_context(method)
        with context.Pool(2) as pool:
            print(method, pool.map(square, range(6)))
    memory = multiprocessing.shared_memory.SharedMemory(create=True, size=64)
    child = multiprocessing.get_context("fork").Process(target=fill, args=[memory.name])
    child.start()
    child.join()
    print(bytes(memory.buf[:5]), child.exitcode)
    memory.close()
    memory.unlink()
    seen = []
    signal.signal(signal.SIGUSR1, lambda number, _: seen.append(number))
    os.kill(os.getpid(), signal.SIGUSR1)
    signal.raise_signal(signal.SIGUSR1)
    print(seen)
    child = os.posix_spawn("/bin/true", ["true"], {})
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


if __name__ == "__main__":
    main()
