# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""How fast the server under attack is, told turn by turn against a second one that nobody attacks.

What slows both is this machine's other work. A single turn says nothing; the best of many does, since noise leaves some
turns alone and an attack that slows the server slows all of them.
"""

import contextlib
import os
import time

from hostile.case import expect
from server import Server

# Away from the ids of the catalogue's server and of those that cases start.
FIRST_ID = 0x50000000
TURNS, ROUNDS = 5, 16


def seconds_of(action) -> float:
    started = time.monotonic()
    action()
    return time.monotonic() - started


def in_turns(attacked, control, factor: float, slack_seconds: float) -> tuple:
    """The best seconds of two actions in some turns, and whether the first is no slower than the second by more than is
    allowed.

    As long as it looks slow there are more rounds of turns, each for itself: what is slow is so in all of them, and one
    that noise has met leaves no trace in the next."""
    for _ in range(ROUNDS):
        pairs = [(seconds_of(attacked), seconds_of(control)) for _ in range(TURNS)]
        mine, others = (min(times) for times in zip(*pairs))
        is_fine = mine <= factor * others + slack_seconds
        if is_fine:
            break
    return mine, others, is_fine


def expect_as_fast(attacked, control, what: str) -> float:
    """Fails when the best of many turns takes more than three times what the control's takes; returns its seconds."""
    mine, others, is_fine = in_turns(attacked, control, 3, 0.02)
    expect(is_fine, f"{what} takes {mine:.3f} s, and on a server that is left alone {others:.3f} s")
    return mine


@contextlib.contextmanager
def control_server(program: str, directory: str, pool: str):
    """Gives a server that nobody attacks, with the same pool as the one under attack."""
    home = os.path.join(directory, "control")
    os.mkdir(home)
    path = os.path.join(home, "outpost.yaml")
    with open(path, "w", encoding="ascii") as file:
        file.write(f"pool: {pool}\nfirst_id: {FIRST_ID}\n")
    server = Server(program, home, patience_seconds=120)
    server.environment = {"OUTPOST_CONFIG": path}
    try:
        server.start()
        yield server
    finally:
        if server.is_running():
            server.stop()
