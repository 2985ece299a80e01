# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""A polite user of the same server, whose runs must not be slowed by an attack beside it."""

import statistics
import threading
import time

# Runs before and after the attack, which say what this machine takes at this time of the day.
QUIET_RUNS = 7


class Neighbour:
    """Runs a small program again and again in the background and keeps how long each run took, in seconds."""

    def __init__(self, oracle):
        self.oracle = oracle
        self.quiet = []
        self.times = []
        self.failure = None
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.rest()
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join(30)

    def rest(self) -> None:
        self.quiet.append(statistics.median(self.oracle.fresh_run() for _ in range(QUIET_RUNS)))

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                self.times.append(self.oracle.fresh_run())
            except Exception as error:  # pylint: disable=broad-except
                # Whatever it is, the neighbour was not served: the case reports it.
                self.failure = error
                return
            time.sleep(0.02)

    def verdict(self) -> str:
        """What to report when the neighbour suffered; empty when it did not."""
        if self.failure:
            return f"O5: the neighbour's run failed: {self.failure}"
        if len(self.times) < 3:
            return ""
        self.rest()
        # On two cores an attacker that keeps its one core leaves the other; the median shows a neighbour that was
        # starved, and no single stall of a shared machine.
        median, quiet = statistics.median(self.times), max(self.quiet)
        if median <= 2 * quiet + 0.01:
            return ""
        return f"O5: the neighbour's runs take {median:.3f} s, without the attack {quiet:.3f} s"
