# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""What the calls that the filter allows take and give, as descriptions.txt tells it."""

import functools
import os

from hostile.calls.table import allowed

HERE = os.path.dirname(os.path.abspath(__file__))


def parsed(name: str) -> dict:
    """By name, each way to make the call: its types, and what it gives or None."""
    found = {}
    with open(os.path.join(HERE, name), encoding="ascii") as file:
        lines = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    for line in lines:
        call, _, result = line.partition(" -> ")
        name, *types = call.split()
        found.setdefault(name, []).append((types, result or None))
    return found


@functools.cache
def ways(preset: str) -> dict:
    """The calls that a preset allows, by name."""
    known = parsed("descriptions.txt")
    if preset == "debug":
        known |= parsed("descriptions_debug.txt")
    return {name: known[name] for name in allowed(preset)}


def differences() -> list:
    """The calls that are allowed and not described, and those that are described and that no preset allows."""
    wrong = []
    for preset, name in (("default", "descriptions.txt"), ("debug", "descriptions_debug.txt")):
        known = set(allowed(preset)) - (set(allowed()) if preset == "debug" else set())
        described = set(parsed(name))
        wrong += [f"{call} is allowed and not described in {name}" for call in sorted(known - described)]
        wrong += [f"{call} is described in {name} and not allowed" for call in sorted(described - known)]
    return wrong
