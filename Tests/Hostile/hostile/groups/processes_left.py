# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group P: what many processes left behind do to the end of their run. Not in the catalogue: found by the benchmark."""

from hostile.bench import Stopwatch, ended
from hostile.case import case
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
      "each run is answered as soon as they are dead, which no other call has to remind the server of")
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
