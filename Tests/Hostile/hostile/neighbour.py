# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""A polite user of the same server, whose runs must not be slowed by an attack beside it."""

import statistics
import threading
import time

# Runs before and after the attack, which say what this machine takes at this time of the day.
QUIET_RUNS = 7
# By how much an attack may slow a server beside it, too: beyond this the host itself is what suffers.
MOST_SHARED = 4


class Neighbour:
    """Runs a small program again and again in the background, turn by turn with a server that nobody attacks, and keeps
    how many seconds each run took."""

    def __init__(self, oracle):
        self.oracle = oracle
        # Pairs: here, and on the server beside.
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
        self.thread.join()

    def rest(self) -> None:
        self.quiet.append(medians([self.pair() for _ in range(QUIET_RUNS)]))

    def pair(self) -> tuple:
        return self.oracle.fresh_run(), self.oracle.control_run()

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                self.times.append(self.pair())
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
        (median, beside), (quiet, quiet_beside) = medians(self.times), max(self.quiet)
        # A build that began meanwhile slows the server beside as much.
        shared = min(max(beside / quiet_beside, 1), MOST_SHARED)
        if median <= (2 * quiet + 0.01) * shared:
            return ""
        return (f"O5: the neighbour's runs take {median:.3f} s, without the attack {quiet:.3f} s; on a server beside "
                f"{beside:.3f} s and {quiet_beside:.3f} s")


def medians(pairs: list) -> tuple:
    return tuple(statistics.median(times) for times in zip(*pairs))
