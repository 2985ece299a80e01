# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Processes, as the host's kernel shows them."""

import glob
import secrets

# The host ids that sandboxes' users are mapped to start here.
FIRST_SANDBOX_UID = 1879048192


def marker() -> str:
    """An argument for `sleep` that no other process has: days, and a fraction that nobody waits for."""
    return f"8640000.{secrets.randbelow(10**12):012}"


def processes_with(argument: str) -> list:
    """The ids of the processes that have `argument` among their arguments."""
    return [process for process, text in each("cmdline") if argument in text.split("\0")]


def descendants(ancestor: int) -> list:
    """The ids of the processes below `ancestor`."""
    # The name in parentheses may hold anything; the parent is the second word behind it.
    parents = {process: int(text.rpartition(")")[2].split()[1]) for process, text in each("stat")}
    found = [ancestor]
    for process in found:
        found += [child for child, parent in parents.items() if parent == process]
    return found[1:]


def alive(processes: list) -> list:
    """Those of `processes` that exist."""
    existing = {process for process, _ in each("stat")}
    return [process for process in processes if process in existing]


def uids(process: int) -> list:
    """The real, effective, saved and file system user id, as the host counts them."""
    with open(f"/proc/{process}/status", encoding="utf-8") as file:
        line = next(line for line in file if line.startswith("Uid:"))
    return [int(word) for word in line.split()[1:]]


def each(name: str):
    """The id and the content of /proc/ID/`name` of every process."""
    for path in glob.glob(f"/proc/[0-9]*/{name}"):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                yield int(path.split("/")[2]), file.read()
        except (FileNotFoundError, ProcessLookupError):
            pass  # It ended between the listing and the reading.
