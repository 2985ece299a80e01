# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group P: what can go wrong when a program starts, and how it can end."""

import glob
import os
import signal
import threading
import time

from hostile.bench import Stopwatch, ended, errors, out
from hostile.case import case, expect
from hostile.host import Background

PREPARE = """
import os, struct
os.makedirs('directory', exist_ok=True)
def write(name, data):
    with open(name, 'wb') as file: file.write(data)
    os.chmod(name, 0o755)
write('empty', b'')
write('lost', b'#!/no/such/interpreter\\n')
write('loop', b'#!/workspace/loop\\n')
write('plain', b'hello')
# The header of an executable of another machine, and the same cut short.
kind = struct.pack('<HHIQQQIHHHHHH', 2, 183, 1, 64, 64, 0, 0, 64, 56, 1, 0, 0, 0)
header = b'\\x7fELF' + bytes([2, 1, 1]) + bytes(9) + kind
write('foreign', header + bytes(56))
write('short', header[:20])
with open('unmarked', 'w') as file: file.write('#!/bin/sh\\n')
os.chmod('unmarked', 0o644)
os.symlink('deleted', 'dangling')
os.symlink('circle', 'circle')
"""

COMMANDS = {
    "a deleted file": (["/workspace/dangling"], "No such file"),
    "no such name": (["no-such-program"], "No such file"),
    "a link to itself": (["/workspace/circle"], "symbolic links"),
    "a directory": (["/workspace/directory"], "Permission denied"),
    "no execute bit": (["/workspace/unmarked"], "Permission denied"),
    "an empty file": (["/workspace/empty"], "Exec format error"),
    "plain text": (["/workspace/plain"], "Exec format error"),
    "another machine's": (["/workspace/foreign"], "Exec format error"),
    "half a header": (["/workspace/short"], "Exec format error"),
    "no interpreter": (["/workspace/lost"], "No such file"),
    "its own interpreter": (["/workspace/loop"], "symbolic links"),
    "a descriptor": (["/proc/self/fd/9"], "Permission denied"),
    "standard output": (["/proc/self/fd/1"], "Permission denied"),
    "a path through a file": (["/workspace/plain/x"], "Not a directory"),
    "2 MiB in one argument": (["/bin/true", "x" * (2 << 20)], "Argument list too long"),
    "4 MiB of arguments": (["/bin/true", *["x" * 100_000] * 40], "Argument list too long"),
}


@case("P16", "programs that cannot be executed, arguments and environments that are too large",
      "failed with 126 or 127 and the kernel's reason, or 400; never sandbox_error", quick=True)
def cannot_be_executed(bench):
    sandbox = bench.sandbox()
    ended(bench.exec(sandbox, PREPARE), "succeeded")
    for name, (command, reason) in COMMANDS.items():
        status, result = bench.request("POST", f"/{sandbox}/exec", {"command": command})
        if status == 400:
            continue
        expect(status == 200, f"{name}: {status} {result}")
        ended(result, "failed")
        code = 127 if reason in ("No such file", "Not a directory") else 126
        expect(result["exit_code"] == code and reason in errors(result), f"{name}: {result}")
    status, result = bench.request("POST", f"/{sandbox}/exec", {
        "command": ["/bin/true"], "env": [[f"V{number}", "x" * 100_000] for number in range(40)]})
    expect(status == 400 or (ended(result, "failed") and "too long" in errors(result)), result)
    expect(out(bench.exec(sandbox, "print(1)")) == "1\n", "the sandbox is not well any more")
    return f"{len(COMMANDS) + 1} ways: 126 or 127 with the reason, or 400"


@case("P17", "every exit code, and death by every signal",
      "reported exactly; exit code 137 of the program is no kill by the platform")
def every_end(bench):
    # By several clients, since a run is mostly waiting.
    wrong = []
    todo = [("code", number) for number in range(256)]
    harmless = {signal.SIGCHLD, signal.SIGCONT, signal.SIGURG, signal.SIGWINCH, signal.SIGSTOP, signal.SIGTSTP,
                signal.SIGTTIN, signal.SIGTTOU}
    todo += [("signal", number) for number in range(1, 65) if number not in harmless and number not in (32, 33)]
    count = len(todo)
    lock = threading.Lock()

    def client():
        while True:
            with lock:
                if not todo:
                    return
                kind, number = todo.pop()
            if kind == "code":
                result = bench.bash(f"exit {number}")
                wanted = (number, None, "succeeded" if number == 0 else "failed")
            else:
                result = bench.python(DIE_BY.format(number=number))
                wanted = (None, signal_name(number), "failed")
            seen = (result["exit_code"], result["signal"], result["status"])
            if seen != wanted:
                wrong.append((wanted, seen))

    for thread in [Background(client) for _ in range(4)]:
        thread.result()
    expect(not wrong, f"wanted, seen: {wrong}")
    return f"{count} ends, each reported exactly"


DIE_BY = """
import os, signal
if {number} != signal.SIGKILL:
    signal.signal({number}, signal.SIG_DFL)
os.kill(os.getpid(), {number})
"""


def signal_name(number: int) -> str:
    return signal.Signals(number).name if number < 32 else f"SIGRTMIN+{number - 34}"


@case("P18", "core dump of a process of 1 GiB",
      "no core on the host or in the sandbox, and the answer does not wait for one")
def core_dump(bench):
    with open("/proc/sys/kernel/core_pattern", encoding="utf-8") as file:
        pattern = file.read().strip()
    sandbox = bench.sandbox(resource_limits={"memory_mb": 1200})
    watch = Stopwatch()
    result = bench.exec(sandbox, """
import os, resource
# Answered as if it was done, and not done.
resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(resource.getrlimit(resource.RLIMIT_CORE), flush=True)
memory = bytearray(1 << 30)
os.abort()
""")
    took = watch.seconds()
    expect(ended(result, "failed") and result["signal"] == "SIGABRT" and out(result) == "(1, 1)\n", result)
    watch.within(0)
    listed = bench.exec(sandbox, "import glob\nprint(glob.glob('/workspace/*core*') + glob.glob('/tmp/*core*'))")
    expect(out(listed) == "[]\n", listed)
    places = {os.getcwd(), "/", "/tmp", "/var/tmp", bench.server.data, "/var/lib/systemd/coredump"}
    cores = [path for place in places for path in glob.glob(f"{place}/core*") if os.path.isfile(path)]
    fresh = [path for path in cores if os.path.getmtime(path) > time.time() - took - 1]
    expect(not fresh, fresh)
    return f"SIGABRT after {took:.1f} s, no core; core_pattern of this host is '{pattern[:40]}'"
