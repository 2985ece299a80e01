# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""How long a sandbox's processes live on after the call that ends it, as the host sees them."""
import base64
import ctypes
import dataclasses
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import samples
import server

# Nobody else's, so that every process with such an id is one of the sandbox under measurement, its agent included.
FIRST_ID = 0x50000000
LAST_ID = FIRST_ID + (4096 << 16)
# Nothing is kept ready: what waits for a program would be taken for a process of the sandbox.
SETTINGS = {"first_id": FIRST_ID, "pool": "{ceiling: 0}"}
PR_SET_CHILD_SUBREAPER = 36
START_TIMEOUT = 120
END_TIMEOUT = 30
# Between two looks: so much too late a process may be seen to be gone. A loop without it would take a core.
RESOLUTION = 0.0001
# Between two rounds.
PAUSE = 0.02

FAMILY_C = r"""
#include <stdlib.h>
#include <unistd.h>

int main(int count, char **arguments) {
    if (count < 2) return 2;
    for (int left = atoi(arguments[1]); left > 0; left--) {
        pid_t pid = fork();
        if (pid < 0) return 1;
        while (pid == 0) pause();
    }
    for (;;) pause();
}
"""
FAMILY_PYTHON = """
import signal, subprocess, sys
children = [subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]) for _ in range(int(sys.argv[1]))]
signal.pause()
"""


@dataclasses.dataclass
class Family:
    """A program and its children, all of which wait for ever."""

    title: str
    processes: int
    rounds: int
    command: str
    memory_mb: int

    def body(self, files):
        limits = {"max_processes": self.processes + 16, "memory_mb": self.memory_mb, "timeout_ms": 600_000}
        return {"command": ["/bin/sh", "-c", f"chmod +x family; exec {self.command} {self.processes - 1}"],
                "files": files, "resource_limits": limits}


FAMILIES = {
    "c_5": Family("5 processes, C", 5, 100, "./family", 128),
    "c_1000": Family("1,000 processes, C", 1000, 100, "./family", 1024),
    "python_5": Family("5 processes, Python", 5, 50, "/usr/bin/python3 family.py", 256),
    "python_100": Family("100 processes, Python", 100, 20, "/usr/bin/python3 family.py", 2048),
}


def measure(binary, share=1.0):
    """Milliseconds by family until no process was left, and until the call was answered as well.

    `share` is that of the families' rounds."""
    measured = {}
    adopt_orphans()
    with tempfile.TemporaryDirectory(prefix="outpost-bench-", dir="/var/tmp") as directory:
        files = write_programs(pathlib.Path(directory))
        with server.Server(binary, settings=SETTINGS) as service:
            for name, family in FAMILIES.items():
                times = samples.Samples()
                # Turn by turn, so that a slow moment of the machine hits both.
                for _ in range(max(1, round(family.rounds * share))):
                    times.update(one_round(service, family, files))
                    time.sleep(PAUSE)
                    times.update(bare_round(directory, family))
                    time.sleep(PAUSE)
                measured[name] = times.summaries()
    return measured


def absence():
    if os.geteuid() != 0:
        return "seeing other users' processes needs root"
    return None if shutil.which("gcc") else "there is no C compiler"


def write_programs(directory):
    """Writes the programs and returns them as a run's files; the C one is static, so that it has few pages to free."""
    (directory / "family.c").write_text(FAMILY_C)
    (directory / "family.py").write_text(FAMILY_PYTHON)
    binary = directory / "family"
    subprocess.run(["gcc", "-Os", "-static", "-s", "-o", str(binary), f"{binary}.c"], check=True)
    content = base64.b64encode(binary.read_bytes()).decode()
    return [{"path": "family", "content_base64": content}, {"path": "family.py", "content": FAMILY_PYTHON}]


def bare_round(directory, family):
    """The same program without a sandbox, killed as a process group: what the kernel takes for it."""
    leader = subprocess.Popen([*family.command.split(), str(family.processes - 1)], cwd=directory, process_group=0,
                              stdin=subprocess.DEVNULL).pid
    deadline = time.monotonic() + START_TIMEOUT
    while (count := len(group_of(leader))) < family.processes:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{count} of {family.processes} processes were there after {START_TIMEOUT} s")
        time.sleep(0.005)
    started = time.perf_counter_ns()
    os.killpg(leader, signal.SIGKILL)
    reap_group(leader)
    return {"bare": (time.perf_counter_ns() - started) / 1e6}


def adopt_orphans():
    """Makes this process the one that reaps what its children leave, as a sandbox's first process does."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def reap_group(leader):
    try:
        while True:
            os.waitpid(-leader, 0)
    except ChildProcessError:
        return


def group_of(leader):
    """The leader and its children, which are all there is in its group."""
    text = pathlib.Path(f"/proc/{leader}/task/{leader}/children").read_text()
    return [leader, *map(int, text.split())]


def one_round(service, family, files):
    """Runs one family in a sandbox of its own and deletes the sandbox."""
    running, ending = service.client(), service.client()
    sandbox = ending.create("ephemeral").decoded()["id"]
    running.send("POST", f"{server.SANDBOXES}/{sandbox}/exec", family.body(files))
    # The agent is one more.
    alive = wait_for_processes(family.processes + 1)
    started = time.perf_counter_ns()
    ending.send("DELETE", f"{server.SANDBOXES}/{sandbox}")
    wait_for_end(alive)
    gone = time.perf_counter_ns()
    ending.receive(204)
    over = time.perf_counter_ns()
    check_cancelled(running.receive(200))
    if sandbox_processes():
        raise RuntimeError("a process of the sandbox was seen after the last one had gone")
    running.close()
    ending.close()
    return {"gone": (gone - started) / 1e6, "over": (over - started) / 1e6}


def wait_for_processes(count):
    deadline = time.monotonic() + START_TIMEOUT
    while len(found := sandbox_processes()) < count:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{len(found)} of {count} processes were there after {START_TIMEOUT} s")
        time.sleep(0.005)
    return found


def sandbox_processes():
    """By process id; what has ended and was not reaped is one too."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                if FIRST_ID <= entry.stat().st_uid < LAST_ID:
                    found.append(int(entry.name))
            except OSError:
                continue  # it ended meanwhile
    return found


def wait_for_end(alive):
    """Returns when none of the processes exists any more. None of them starts another, so there are no new ones."""
    deadline = time.monotonic() + END_TIMEOUT
    while alive:
        while alive and is_gone(alive[-1]):
            alive.pop()
        if time.monotonic() > deadline:
            raise RuntimeError(f"{len(alive)} processes are left after {END_TIMEOUT} s")
        time.sleep(RESOLUTION if alive else 0)


def is_gone(pid):
    """Whether it was reaped."""
    try:
        os.kill(pid, 0)
        return False
    except ProcessLookupError:
        return True


def check_cancelled(reply):
    execution = reply.decoded()
    if execution["status"] != "cancelled":
        raise RuntimeError(f"a run whose sandbox was deleted ended as {execution['status']}")
