# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""One hostile case: what is tried, what must happen, and how it is told apart."""

import dataclasses
from collections.abc import Callable

CASES = []
# What takes longer hangs. On a machine that others load nothing shorter can be told from noise, so no check of a time
# that the clock on the wall tells is tighter. What must be faster is compared turn by turn, or by processor time.
HANG_SECONDS = 60


class Failure(AssertionError):
    """The sandbox, the server or the host did not do what was expected."""


class NotHere(Exception):
    """The case cannot run on this host; the text says why."""


@dataclasses.dataclass(frozen=True)
class Case:
    """`run` gets a `Bench` and returns what was seen, in a few words for the table; it raises `Failure` otherwise."""

    id: str
    attack: str
    expected: str
    run: Callable
    # Runs in `make test` too: at most a second or two.
    quick: bool = False
    # Loads the host on purpose, so that a neighbour's time is measured meanwhile.
    loads_host: bool = False
    # Measures a neighbour of another namespace by itself, whose failure may be the doing of others on the host.
    has_neighbour: bool = False
    # Never runs, on any host: there is nothing that it could attack.
    is_absent: bool = False


def case(id: str, attack: str, expected: str, quick: bool = False, loads_host: bool = False, has_neighbour: bool = False):
    """Registers the function below it as the case `id` of the catalogue."""

    def register(function):
        add(Case(id, attack, expected, function, quick, loads_host, has_neighbour))
        return function

    return register


def absent(id: str, attack: str, reason: str) -> None:
    """Registers a case of the catalogue that has nothing to attack in this version; `reason` says why."""

    def tell(_):
        raise NotHere(reason)

    add(Case(id, attack, "–", tell, quick=True, is_absent=True))


def add(added: Case) -> None:
    if any(known.id == added.id for known in CASES):
        raise ValueError(f"case {added.id} is there twice")
    CASES.append(added)


def expect(condition, seen) -> None:
    """Raises `Failure` with what was seen unless `condition` holds."""
    if not condition:
        raise Failure(str(seen)[:600])
