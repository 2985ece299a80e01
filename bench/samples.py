# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Timed values and what is said about them."""
import math
import statistics


class Samples:
    """Milliseconds by series, in order of measurement."""

    def __init__(self):
        self.series = {}

    def add(self, name, milliseconds):
        self.series.setdefault(name, []).append(milliseconds)

    def update(self, measured):
        for name, milliseconds in measured.items():
            self.add(name, milliseconds)

    def summaries(self):
        return {name: summary(values) for name, values in self.series.items()}


def summary(values):
    return {"count": len(values), "p50": statistics.median(values), "p99": percentile(values, 99), "samples": values}


def percentile(values, percent):
    """The nearest-rank percentile: always a value that was measured."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
