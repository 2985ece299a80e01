# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""A polite user of the same server, whose runs must not be slowed by an attack beside it."""

import statistics
import threading
import time


class Neighbour:
    """Runs a small program again and again in the background and keeps how long each run took, in seconds."""

    def __init__(self, oracle):
        self.oracle = oracle
        self.times = []
        self.failure = None
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join(30)

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
        # On two cores an attacker that keeps its one core leaves the other; the median shows a neighbour that was
        # starved, and no single stall of a shared machine.
        median = statistics.median(self.times)
        limit = 2 * self.oracle.idle_latency + 0.01
        return "" if median <= limit else f"O5: the neighbour's runs take {median:.3f} s, idle {self.oracle.idle_latency:.3f} s"
