# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""What the jobs do, and how each kind may end."""

import dataclasses

LARGE_BYTES = 30_000

# Before anything else, so that a program that was started twice has told it twice, and when.
TELL = """
import os, signal, subprocess, time
ledger = os.open('ledger', os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
os.write(ledger, f'{token} at {{time.time():.3f}}\\n'.encode())
os.fsync(ledger)
os.fsync(os.open('.', os.O_RDONLY))
"""


@dataclasses.dataclass(frozen=True)
class Kind:
    """`share` of the jobs are of this kind. `end` is the status when nothing comes in between, with `stdout` then.

    `cpu_time_ms` and not the wall time ends one that does not end by itself: a busy machine may keep it from its first line
    for as long as it likes.
    """

    share: int
    code: str
    end: str
    stdout: str
    cpu_time_ms: int | None = None


KINDS = {
    "short": Kind(45, "print('{token}')", "succeeded", "{token}\n"),
    "large": Kind(20, f"print('{{token}}' + 'x' * {LARGE_BYTES})", "succeeded", "{token}" + "x" * LARGE_BYTES + "\n"),
    "long": Kind(15, "time.sleep(1)\nprint('{token}')", "succeeded", "{token}\n"),
    "stubborn": Kind(10, """
for number in set(signal.valid_signals()) - {{signal.SIGKILL, signal.SIGSTOP}}:
    signal.signal(number, signal.SIG_IGN)
subprocess.Popen(['sleep', '60'], start_new_session=True)
time.sleep(0.5)
print('{token}')
""", "succeeded", "{token}\n"),
    "endless": Kind(10, "print('{token}', flush=True)\nwhile True: pass", "timed_out", "{token}\n", cpu_time_ms=500),
}


def choose(chance) -> str:
    return chance.choices(list(KINDS), [kind.share for kind in KINDS.values()])[0]


def body(kind: str, token: str) -> dict:
    """The part of a submission that says what to run."""
    code = TELL.format(token=token) + KINDS[kind].code.format(token=token)
    limit = KINDS[kind].cpu_time_ms
    return {"language": "python", "code": code, "timeout_secs": 300} | ({"cpu_time_ms": limit} if limit else {})
