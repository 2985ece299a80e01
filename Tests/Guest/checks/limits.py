# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Limits on memory, processes, time, processor and disk, each met by a program that goes beyond it."""

import os
from concurrent.futures import ThreadPoolExecutor

from checks.processes import marker, processes_with
from checks.rig import expect, expect_that, wait_until
from checks.server import BASE

MEBIBYTE = 1 << 20


def a_program_beyond_its_memory_is_out_of_memory(rig):
    code = "kept = []\nwhile True: kept.append(bytearray(b'x' * (1 << 20)))"
    execution = rig.server.execute(code, resource_limits={"memory_mb": 64})
    expect(execution["status"], "out_of_memory", "status")
    # The kernel charges in batches, so the peak may pass the limit by a few pages.
    peak = execution["memory_peak_bytes"]
    expect_that(32 * MEBIBYTE < peak < 72 * MEBIBYTE, f"the peak of 64 MiB is {peak}")


def a_child_beyond_the_memory_is_out_of_memory_too(rig):
    code = "import subprocess, sys\n" \
        "subprocess.run([sys.executable, '-c', 'x = bytearray(b\"x\" * (1 << 28))'], check=True)"
    execution = rig.server.execute(code, resource_limits={"memory_mb": 64})
    expect(execution["status"], "out_of_memory", "status")


def a_fork_bomb_stays_within_its_processes(rig):
    mark = marker()
    code = f"""
import subprocess
started = 0
try:
    while started < 1000:
        subprocess.Popen(['sleep', '{mark}'])
        started += 1
except OSError:
    pass
print(started)
"""
    execution = rig.server.execute(code, resource_limits={"max_processes": 32}, timeout_secs=150)
    expect(execution["status"], "succeeded", "status")
    started = int(execution["stdout"])
    expect_that(16 <= started < 32, f"{started} processes started of at most 32")
    wait_until(lambda: not processes_with(mark), lambda: "some of the processes still run")


def a_program_beyond_its_time_is_killed_with_all_it_started(rig):
    mark = marker()
    idle = rig.cgroups.present()
    code = f"""
import signal, subprocess
signal.signal(signal.SIGTERM, signal.SIG_IGN)
for _ in range(3):
    subprocess.Popen(['sleep', '{mark}'], start_new_session=True)
print('started', flush=True)
while True:
    pass
"""
    # How far it comes in that time is up to what else the machine does.
    for timeout in (5000, 20_000, 80_000):
        execution = rig.server.execute(code, resource_limits={"timeout_ms": timeout})
        expect(execution["status"], "timed_out", "status")
        if execution["stdout"]:
            break
    expect(execution["stdout"], "started\n", "stdout")
    wait_until(lambda: not processes_with(mark), lambda: "some of its processes still run")
    wait_until(
        lambda: len(rig.cgroups.present()) <= len(idle),
        lambda: f"cgroups are left: {sorted(rig.cgroups.present() - idle)}")


def half_a_core_is_half_a_core(rig):
    code = "import time\nend = time.monotonic() + 5\nwhile time.monotonic() < end: pass"
    execution = rig.server.execute(code, resource_limits={"cpu_cores": 0.5})
    expect(execution["status"], "succeeded", "status")
    share = execution["cpu_time_ms"] / execution["duration_ms"]
    # Only from above: a busy host gives less than the limit.
    expect_that(0 < share < 0.65, f"its share of a core is {share:.2f}")


def two_processes_share_half_a_core(rig):
    code = "import subprocess, sys\n" \
        "spin = 'import time\\nend = time.monotonic() + 5\\nwhile time.monotonic() < end: pass'\n" \
        "for child in [subprocess.Popen([sys.executable, '-c', spin]) for _ in range(2)]: child.wait()"
    execution = rig.server.execute(code, resource_limits={"cpu_cores": 0.5})
    expect(execution["status"], "succeeded", "status")
    share = execution["cpu_time_ms"] / execution["duration_ms"]
    expect_that(0 < share < 0.65, f"their share of a core is {share:.2f}")


def a_program_beyond_its_disk_is_disk_full(rig):
    code = "with open('big', 'wb') as file:\n    for _ in range(64): file.write(bytes(1 << 20)); file.flush()"
    execution = rig.server.execute(code, resource_limits={"disk_mb": 8})
    expect(execution["status"], "disk_full", "status")


# Its own mounts of cgroups, its memory limit by them, what else is below them, and the processors it counts.
LEARNED = """
import glob, os
mounts = [line.split() for line in open("/proc/self/mountinfo") if " - cgroup" in line]
limit = glob.glob("/sys/fs/cgroup/memory.max") + glob.glob("/sys/fs/cgroup/memory/memory.limit_in_bytes")
below = [name for mount in mounts for name in os.listdir(mount[4]) if os.path.isdir(os.path.join(mount[4], name))]
print({mount[3] for mount in mounts}, all(mount[5].startswith("ro,") for mount in mounts), len(limit), below)
print(int(open(limit[0]).read()) >> 20, os.cpu_count(), open("/sys/devices/system/cpu/online").read().strip().isdigit())
"""


def a_program_learns_its_limits_from_its_cgroup(rig):
    for memory in (96, 160):
        execution = rig.server.execute(LEARNED, resource_limits={"memory_mb": memory, "cpu_cores": 1})
        expect(execution["stderr"], "", "stderr")
        expect(execution["stdout"], f"{{'/'}} True 1 []\n{memory} 1 True\n", "a new sandbox")
    # One after the other in the same sandbox, each by a new start.
    sandbox = rig.server.create(mode="stateful")["id"]
    for memory in (96, 160):
        command = {"command": ["/usr/bin/python3", "-c", LEARNED], "resource_limits": {"memory_mb": memory, "cpu_cores": 1}}
        execution = rig.server.call("POST", f"{BASE}/{sandbox}/exec", command)
        expect(execution["stdout"], f"{{'/'}} True 1 []\n{memory} 1 True\n", "a stateful sandbox")
    rig.server.call("DELETE", f"{BASE}/{sandbox}", status=204)


def two_runs_of_one_core_are_on_different_processors(rig):
    sandbox = rig.server.create(mode="stateful", resource_limits={"cpu_cores": 1})["id"]

    def run(own: str, other: str):
        """Tells its processors when the other run is there, too."""
        code = f"import os, time\nopen('/tmp/{own}', 'w').close()\nwhile not os.path.exists('/tmp/{other}'): time.sleep(0.01)\n" \
            "print(sorted(os.sched_getaffinity(0)))"
        return rig.server.exec(sandbox, code, concurrent=True)

    with ThreadPoolExecutor(2) as callers:
        executions = list(callers.map(run, ("one", "two"), ("two", "one")))
    rig.server.call("DELETE", f"{BASE}/{sandbox}", status=204)
    expect({execution["stderr"] for execution in executions}, {""}, "stderr")
    sets = [execution["stdout"] for execution in executions]
    expect(len(set(sets)), min(2, len(os.sched_getaffinity(0))), f"how many different processors they have, {sets}")


CHECKS = [
    a_program_beyond_its_memory_is_out_of_memory,
    a_child_beyond_the_memory_is_out_of_memory_too,
    a_fork_bomb_stays_within_its_processes,
    a_program_beyond_its_time_is_killed_with_all_it_started,
    half_a_core_is_half_a_core,
    two_processes_share_half_a_core,
    a_program_learns_its_limits_from_its_cgroup,
    two_runs_of_one_core_are_on_different_processors,
    a_program_beyond_its_disk_is_disk_full,
]
