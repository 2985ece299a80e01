# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""One figure that this version promises, and the usual ways to make one."""
import dataclasses
import math

KIB = 1 << 10
MIB = 1 << 20


@dataclasses.dataclass
class Goal:
    """One row of the table. `ratio` is that to the same without a sandbox, or to what `bare` says.

    `values` are the figures that the row rests on. Each is a time, a rate, a size or a count of what is there, so one
    that is not above zero was not measured, and such a row has no verdict.
    """

    what: str
    measured: str
    values: tuple[float, ...]
    bare: str = "–"
    ratio: float | None = None
    target: str = "–"
    met: bool = False

    def is_measured(self):
        return all(math.isfinite(value) and value > 0 for value in self.values)

    def row(self):
        verdict = "met" if self.met else "**MISSED**"
        ratio = "–" if self.ratio is None else f"{self.ratio:.3g} ×"
        return [self.what, self.measured, self.bare, ratio, self.target, verdict]


def ratio_of(value, base):
    """Not a number when the base was not measured, which `is_measured` tells."""
    return value / base if base else math.nan


def faster(what, value, bare, limit, unit="ms"):
    """A time against the same without a sandbox."""
    ratio = ratio_of(value, bare)
    return Goal(what, f"{value:.2f} {unit}", (value, bare), f"{bare:.2f} {unit}", ratio, f"≤ {limit} ×", ratio <= limit)


def at_most(what, value, limit, unit):
    return Goal(what, f"{value:.3g} {unit}", (value,), target=f"≤ {limit} {unit}", met=value <= limit)
