# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs that take something and keep it, so that a case can look at what is left for others meanwhile."""

import contextlib
import os
import secrets
import signal

from hostile.host import Background, in_runs, wait_for
from hostile.probe import program, report

# Holds what it has until it is told to end, and tells how much that was.
HOLD = """
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
held = take()
open('{marker}', 'w').close()
signal.sigwait([signal.SIGUSR1])
show(held)
"""


@contextlib.contextmanager
def holding(bench, code: str, held: list, **fields):
    """A run that does `take()` of `code` and keeps it meanwhile; what it got is in `held` afterwards."""
    running, pids = start_holding(bench, code, **fields)
    try:
        yield
    finally:
        execution = release(running, pids)
    held.append(report(execution))


def start_holding(bench, code: str, **fields):
    """The call of such a run, and its processes once it holds what it takes; none when it has ended before."""
    marker = f"/dev/shm/{secrets.token_hex(8)}"
    running, pids = Background(bench.python, program(code + HOLD.replace("{marker}", marker)), **fields), []

    def find() -> bool:
        pids[:] = [pid for pid in in_runs(bench.server) if os.path.exists(f"/proc/{pid}/root{marker}")]
        return bool(pids) or running.is_over()

    wait_for(find, "the run does not come")
    # Of a run with many processes, those that were looked at before its marker came.
    find()
    return running, pids


def release(running, pids: list) -> dict:
    """Lets such a run end, and returns the execution."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGUSR1)
    return running.result()
