# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group L: what the sandbox's own mounts uncover. Not in the catalogue: found while `strict` was looked through."""

from hostile.case import case, expect
from hostile.groups.kernel_posture import HIDDEN
from hostile.probe import program, report

LOOK = """
def is_visible(path):
    try:
        if os.path.isdir(path):
            return bool(os.listdir(path))
        with open(path, 'rb') as file:
            return bool(file.read(1))
    except OSError:
        return False
def is_writable(path):
    return attempt(lambda: os.close(os.open(path, os.O_WRONLY))) == 'ok'
show({'seen': [name for name in HIDDEN if is_visible('/proc/' + name)],
      'written': [path for path in ('/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger', '/proc/sys/vm/drop_caches',
                                    '/proc/irq/default_smp_affinity') if is_writable(path)]})
"""
DIRECTORIES = ("/proc", "/proc/1", "/proc/self", "/proc/sys", "/proc/irq", "/proc/acpi", "/dev", "/dev/shm", "/",
               "/usr", "/sys")


@case("L15", "make a part of /proc, /dev or / the working directory, which the preset strict mounts once more",
      "refused, or what is covered stays covered and what is read-only stays so", quick=True)
def working_directory_uncovers(bench):
    code = program(f"HIDDEN = {HIDDEN.split()!r}" + LOOK)
    refused, wrong = 0, {}
    for user in "sandbox", "root":
        for directory in DIRECTORIES:
            # Without code of its own, which would have to be written there.
            status, answer = bench.request("POST", "/execute", {
                "language": "python", "command": ["/usr/bin/python3", "-c", code], "working_dir": directory,
                "security": {"preset": "strict", "user": user}})
            if status in (400, 422):
                refused += 1
                continue
            expect(status == 200, f"{directory} as {user}: {status} {answer}")
            seen = report(answer)
            if seen["seen"] or seen["written"]:
                wrong[f"{directory} as {user}"] = seen
    expect(not wrong, wrong)
    return f"{len(DIRECTORIES)} directories as two users, {refused} refused: everything stays covered"
