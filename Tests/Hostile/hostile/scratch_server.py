# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""A server of its own for a case that kills, stops or deceives it, so that the one under the oracle stays as it is."""

import contextlib
import os
import shutil
import tempfile

from hostile.case import expect
from hostile.host import processes_below, run_cgroups
from server import Server

# Away from the ids of the catalogue's server: two servers on one host must not share a range.
FIRST_ID = 0x60000000


@contextlib.contextmanager
def scratch_server(program: str, environment=None, around=None, **settings):
    """Gives a server that runs, with `settings` in its configuration file; nothing of it may be left afterwards.

    `around(server)`, a context manager, is entered before the server is first started, and left when it has ended."""
    directory = tempfile.mkdtemp(prefix="outpost-hostile-own-", dir="/var/tmp")
    path = os.path.join(directory, "outpost.yaml")
    with open(path, "w", encoding="ascii") as file:
        file.writelines(f"{key}: {value}\n" for key, value in {"first_id": FIRST_ID, "pool": "{ceiling: 0}", **settings}.items())
    server = Server(program, directory, patience_seconds=60)
    # For a restart by the case, too.
    server.environment = {"OUTPOST_CONFIG": path, **(environment or {})}
    try:
        with around(server) if around else contextlib.nullcontext():
            yield from running(server)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def running(server):
    """Gives the server once it runs, and ends it."""
    try:
        restart(server)
        yield server
        if server.is_running():
            expect(server.terminate() == 0, f"the server ended with {server.process.returncode}")
        expect(not processes_below(server, "") and not run_cgroups(server), "something of the server is left")
    finally:
        if server.is_running():
            server.stop()


def restart(server) -> None:
    with environ(server.environment):
        server.start()


@contextlib.contextmanager
def environ(values: dict):
    """Sets variables of this process, whose children inherit them, for a while."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
