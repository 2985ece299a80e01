# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""What the clients know of a sandbox in which things live, so that the aftermath can look for them."""

import hashlib
import time

# How long after a death others may meet it.
LATE_SECONDS = 2


class Left:
    """What goes on in a sandbox: begun by the first call, and known to work after the last one."""

    def __init__(self, begun: float, mark):
        self.begun = begun
        self.works = time.monotonic()
        # The name of a process, the value of a kernel's variable.
        self.mark = mark

    def died_of(self, disturbances: list) -> set:
        """The victims that were killed when it had been seen to work."""
        return {item.victim for item in disturbances if item.since >= self.works}

    def may_have_died_of(self, disturbances: list) -> set:
        """The victims that were dead at some time since it began: what becomes of it is told a little later."""
        return {item.victim for item in disturbances if item.until + LATE_SECONDS >= self.begun}


class Versions:
    """A file that is replaced again and again: which content it must have, and which it may have."""

    def __init__(self):
        # None before the first one was acknowledged.
        self.known = None
        # Of calls without an answer since then.
        self.doubtful = []

    def allows(self, content) -> bool:
        return content in [self.known, *self.doubtful]

    def settle(self, content) -> None:
        self.known, self.doubtful = content, []


class Living:
    """A stateful sandbox of one client, which makes one call after the other."""

    def __init__(self, sandbox: str):
        self.sandbox = sandbox
        self.files = {}
        # Processes and kernels that the client has left running, by id.
        self.processes = {}
        self.kernels = {}
        # The name and the files of the last archive that was unpacked.
        self.archive = None

    def path(self, rest: str) -> str:
        return f"/{self.sandbox}/{rest}"


def content(number: int, size: int) -> bytes:
    """Bytes of which every part tells which version it belongs to."""
    block = hashlib.sha256(str(number).encode()).digest()
    return (block * (size // len(block) + 1))[:size]
