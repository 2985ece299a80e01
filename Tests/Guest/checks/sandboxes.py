# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Stateful sandboxes: what stays between runs, and what a delete takes away."""

from checks.disks import files_below, mounts_below
from checks.processes import marker, processes_with
from checks.rig import expect, wait_until
from checks.server import BASE


def a_file_of_one_run_is_read_by_the_next(rig):
    sandbox = rig.server.create(mode="stateful")["id"]
    expect(rig.server.exec(sandbox, "open('note', 'w').write('kept')")["status"], "succeeded", "status of the write")
    expect(rig.server.exec(sandbox, "print(open('note').read())")["stdout"], "kept\n", "what the next run reads")
    rig.server.call("DELETE", f"{BASE}/{sandbox}", status=204)


def processes_of_a_run_do_not_stay(rig):
    mark = marker()
    sandbox = rig.server.create(mode="stateful")["id"]
    rig.server.exec(sandbox, f"import subprocess; subprocess.Popen(['sleep', '{mark}'], start_new_session=True)")
    wait_until(lambda: not processes_with(mark), lambda: "a process outlived its run")
    rig.server.call("DELETE", f"{BASE}/{sandbox}", status=204)


def a_deleted_sandbox_is_forgotten_and_its_files_are_gone(rig):
    sandbox = rig.server.create(mode="stateful")["id"]
    rig.server.exec(sandbox, "open('note', 'w').write('gone')")
    rig.server.call("DELETE", f"{BASE}/{sandbox}", status=204)
    rig.server.call("GET", f"{BASE}/{sandbox}", status=404)
    rig.server.call("DELETE", f"{BASE}/{sandbox}", status=404)
    wait_until(lambda: not traces(rig, sandbox), lambda: f"these are left: {traces(rig, sandbox)}")


def traces(rig, sandbox: str) -> list:
    """Every file, mount point and cgroup that has the sandbox's id in its name."""
    paths = [entry.path for entry in files_below(rig.server.data)] + mounts_below("/") + sorted(rig.cgroups.present())
    return [path for path in paths if sandbox in path]


CHECKS = [
    a_file_of_one_run_is_read_by_the_next,
    processes_of_a_run_do_not_stay,
    a_deleted_sandbox_is_forgotten_and_its_files_are_gone,
]
