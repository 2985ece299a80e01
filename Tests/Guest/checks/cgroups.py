# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Cgroups, as the host's kernel shows them."""

import os

from checks.processes import descendants

ROOT = "/sys/fs/cgroup"


def version() -> str:
    """`v2`, `hybrid` or `v1`."""
    if os.path.exists(f"{ROOT}/cgroup.controllers"):
        return "v2"
    return "hybrid" if os.path.exists(f"{ROOT}/unified/cgroup.controllers") else "v1"


class ServerCgroups:
    """The cgroups of one server, told from those of other servers on the same host by who sits in them."""

    def __init__(self):
        self.bases = set()

    def learn(self, server: int) -> None:
        """Notes the first part of the cgroup paths of what the server's process started; all its cgroups share it."""
        for process in [server, *descendants(server)]:
            for path in paths_of(process):
                base = path.split("/")[1]
                if base.startswith("outpost"):
                    self.bases.add(base)

    def present(self) -> set:
        """The directories that exist, in every hierarchy."""
        return {path for path, _, _ in os.walk(ROOT) if self.bases & set(path.split("/"))}


def paths_of(process: int) -> list:
    """The process's cgroup in each hierarchy; none when it has ended."""
    try:
        with open(f"/proc/{process}/cgroup", encoding="utf-8") as file:
            return [line.rstrip("\n").split(":", 2)[2] for line in file]
    except (FileNotFoundError, ProcessLookupError):
        return []
