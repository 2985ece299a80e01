# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""The server's start, and its end on request, which leaves nothing of its sandboxes but their files."""

from checks.disks import loop_devices_on, mounts_below
from checks.processes import alive, descendants
from checks.rig import expect, expect_that, wait_until


def the_server_becomes_healthy(rig):
    rig.server.start()
    rig.cgroups.learn(rig.server.process.pid)
    expect_that(rig.cgroups.bases, "nothing that the server started sits in a cgroup of its own")


def a_terminated_server_exits_with_0_and_leaves_nothing_running_or_mounted(rig):
    started = descendants(rig.server.process.pid)
    expect_that(rig.cgroups.present(), "the server had no cgroup")
    expect(rig.server.terminate(), 0, "the exit code")
    wait_until(lambda: not alive(started), lambda: f"processes are left: {alive(started)}")
    wait_until(lambda: not rig.cgroups.present(), lambda: f"cgroups are left: {sorted(rig.cgroups.present())}")
    wait_until(lambda: not mounts_below(rig.directory), lambda: f"mounted: {mounts_below(rig.directory)}")
    wait_until(lambda: not loop_devices_on(rig.directory), lambda: f"bound: {loop_devices_on(rig.directory)}")
