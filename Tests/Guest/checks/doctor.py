# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""What `outpost doctor` says of this host."""

import subprocess

from checks import cgroups
from checks.rig import expect, expect_that


def doctor_names_the_version_of_cgroups(rig):
    result = subprocess.run([rig.server.program, "doctor"], capture_output=True, text=True, check=False)
    lines = [line for line in result.stdout.lower().splitlines() if "cgroup" in line]
    expect(result.returncode, 0, f"the exit code of doctor, which says {result.stdout + result.stderr!r},")
    expect_that(any(cgroups.version() in line for line in lines), f"no {cgroups.version()} in {lines}")


CHECKS = [doctor_names_the_version_of_cgroups]
