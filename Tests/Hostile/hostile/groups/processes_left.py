# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group P: processes that keep a run from its end. Not in the catalogue: found by the benchmark and by `fuzz-calls`."""

from hostile.bench import Stopwatch, ended
from hostile.case import HANG_SECONDS, case, expect
from hostile.host import Background

ROUNDS = 120
LEAVE_BEHIND = """
import os, signal
for _ in range(400):
    if os.fork() == 0:
        signal.pause()
os._exit(0)
"""


@case("P23", f"leave 400 processes behind, {ROUNDS} times, on a server with nothing else to do",
      "each run is answered as soon as they are dead; the server needs no other call for that")
def left_behind(bench):
    slowest = 0
    for _ in range(ROUNDS):
        watch = Stopwatch()
        # In the background, so that a call that never ends fails the case and not the patience of who waits.
        call = Background(bench.python, LEAVE_BEHIND, resource_limits={"max_processes": 512, "memory_mb": 1024},
                          timeout_secs=600)
        ended(call.result(), "succeeded")
        slowest = max(slowest, watch.seconds())
    return f"{ROUNDS} answers, the slowest after {1000 * slowest:.0f} ms"


# Another thread goes on, and keeps a core, when the first one has ended.
HEADLESS = """
import ctypes, os, threading
def go_on():
    while True: pass
def lose_head():
    threading.Thread(target=go_on).start()
    ctypes.CDLL(None).pthread_exit(None)
"""


@case("P24", "end the first thread while another goes on: in the program, in a daemon that it leaves behind, and in a daemon beside a program that never ends",
      "killed like all others, at the time limit or with the run", quick=True)
def headless(bench):
    seen = []
    for way, code, status, seconds in (
            ("the program", "lose_head()", "timed_out", 1),
            ("left behind", "if os.fork() == 0: lose_head()\nopen('/tmp/x', 'w')", "succeeded", HANG_SECONDS),
            ("beside", "if os.fork() == 0: lose_head()\nwhile True: pass", "timed_out", 1)):
        # In the background, so that a call that never ends fails the case and not the patience of who waits.
        call = Background(bench.python, HEADLESS + code, timeout_secs=seconds)
        execution = call.result()
        expect(execution["cpu_time_ms"] <= 4000, f"{way}: used {execution['cpu_time_ms']:.0f} ms of processor in 1 s")
        seen.append(f"{way}: {ended(execution, status)}")
    return ", ".join(seen)
