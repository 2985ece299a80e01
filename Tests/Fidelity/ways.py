# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Servers whose programs start from interpreters that waited for them, or from nothing, and what they answer."""

import base64
import contextlib
import os
import shutil
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "..", "Guest", "checks"), os.path.join(HERE, "..", "Hostile")]

from hostile.scratch_server import environ  # noqa: E402
from server import Server  # noqa: E402

# Where the heap is: by chance in each interpreter that is executed, the same in those that come from one.
PROBE = "print([line.split('-')[0] for line in open('/proc/self/maps') if '[heap]' in line])"
# What decides, beside the sandbox, which interpreter a program can start from.
STARTING_POINT = ("env", "resource_limits", "working_dir", "security")
# What takes longer hangs; nothing is asserted about speed.
PATIENCE_SECONDS = 120


@contextlib.contextmanager
def running(program: str, configuration: str, first_id: int):
    directory = tempfile.mkdtemp(prefix="outpost-fidelity-", dir="/var/tmp")
    path = os.path.join(directory, "outpost.yaml")
    with open(path, "w", encoding="ascii") as file:
        file.write(f"first_id: {first_id}\n{configuration}")
    server = Server(program, directory, patience_seconds=PATIENCE_SECONDS)
    try:
        with environ({"OUTPOST_CONFIG": path}):
            server.start()
        yield server
    finally:
        if server.is_running():
            server.stop()
        shutil.rmtree(directory, ignore_errors=True)


def answer(server, fields) -> dict:
    """What can be told of a run from outside, but for times and sizes."""
    execution = server.execute(**fields)
    names = ("status", "exit_code", "signal", "message", "stdout_truncated", "stderr_truncated")
    found = {name: execution[name] for name in names}
    for stream in ("stdout", "stderr"):
        is_text = execution[f"{stream}_encoding"] == "utf-8"
        found[stream] = execution[stream].encode() if is_text else base64.b64decode(execution[stream])
    return found


def probe(server, fields) -> bytes:
    place = {name: value for name, value in fields.items() if name in STARTING_POINT}
    return answer(server, {"code": PROBE, **place})["stdout"]


def shares_interpreter(server, fields) -> bool:
    """Whether two runs that begin as this one does come from one interpreter."""
    return probe(server, fields) == probe(server, fields)


def await_interpreter(server, fields) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not shares_interpreter(server, fields):
        if time.monotonic() > deadline:
            raise AssertionError(f"no interpreter waits:\n{server.log_tail()}")
        time.sleep(0.1)
