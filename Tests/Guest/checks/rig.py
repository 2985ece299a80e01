# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs checks one after the other and reports each in a line."""

import os
import shutil
import sys
import tempfile
import time
import traceback

from checks.cgroups import ServerCgroups
from checks.server import Server

# Long, since an emulated processor may be twenty times slower. Nothing is asserted about speed.
PATIENCE_SECONDS = 180


class Rig:
    """The server under test, its cgroups, and the tally. Stops the server and removes its files at the end."""

    def __init__(self, program: str):
        # Not /tmp, which is memory on many hosts: sandboxes' disks belong on one.
        self.directory = tempfile.mkdtemp(prefix="outpost-check-", dir="/var/tmp")
        self.cgroups = ServerCgroups()
        self.server = Server(os.path.abspath(program), self.directory, PATIENCE_SECONDS)
        self.passed = 0
        self.failed = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.server.is_running():
            self.server.stop()
        if self.failed:
            print("the server's log ends so:\n" + self.server.log_tail(), file=sys.stderr)
        shutil.rmtree(self.directory, ignore_errors=True)

    def run(self, check) -> bool:
        """Runs one check and prints its line; returns whether it passed."""
        name = check.__name__.replace("_", " ")
        try:
            check(self)
        except Exception as error:
            passed = False
            self.failed += 1
            where = traceback.extract_tb(error.__traceback__)[-1]
            print(f"FAILED {name}: {type(error).__name__}: {error} ({os.path.basename(where.filename)}:{where.lineno})")
        else:
            passed = True
            self.passed += 1
            print(f"ok {name}")
        sys.stdout.flush()
        return passed

    def summary(self) -> int:
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0


def expect(actual, wanted, what: str) -> None:
    """Fails, with both values, unless they are equal."""
    if actual != wanted:
        raise AssertionError(f"{what} is {actual!r}, not {wanted!r}")


def expect_that(holds: bool, otherwise: str) -> None:
    """Fails with `otherwise` unless `holds`."""
    if not holds:
        raise AssertionError(otherwise)


def wait_until(condition, otherwise) -> None:
    """Returns when `condition()` is true; fails with `otherwise()` when it has not become so in PATIENCE_SECONDS."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(otherwise())
        time.sleep(0.1)
