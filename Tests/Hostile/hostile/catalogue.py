# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""The numbering of the catalogue, so that no row of it can be left out in silence."""

# How many cases each group has, numbered from 1 on.
COUNTS = {"P": 24, "M": 14, "C": 9, "D": 12, "F": 32, "K": 25, "N": 20, "O": 14, "A": 26, "S": 22, "L": 19, "Q": 17,
          "R": 20, "W": 8}


def identifiers() -> list:
    """All of the catalogue's ids. Those of output have a hyphen, since O1 to O5 are the parts of the oracle."""
    return [f"{group}-{number:02}" if group == "O" else f"{group}{number:02}"
            for group, count in COUNTS.items() for number in range(1, count + 1)]


def missing_rows(cases) -> list:
    """The ids that no case has; one that cannot run says why, and so has a row too."""
    known = {case.id for case in cases}
    return [identifier for identifier in identifiers() if identifier not in known]
