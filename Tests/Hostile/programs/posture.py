# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs inside a sandbox: prints what this program is there, thread by thread, as JSON."""

import ctypes
import errno
import json
import os
import signal
import stat
import subprocess
import sys
import threading

STATUS = ("Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp",
          "Seccomp_filters")
HIDDEN = sys.argv[1].split(",")
# Numbers of x86-64 by name; each is called with what the kernel itself refuses or takes as nothing to do.
CALLS = json.loads(sys.argv[2])
DIRECTORIES = ("/", "/dev", "/dev/shm", "/etc", "/home/sandbox", "/opt", "/root", "/run", "/tmp", "/usr", "/usr/bin",
               "/var", "/var/tmp", "/workspace")
MOST_PROCESSES = 300


def status(text, names):
    fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
    return {name: " ".join(fields.get(name, "?").split()) for name in names}


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def thread(path):
    """One thread, as its directory in /proc shows it."""
    record = status(read(f"{path}/status"), STATUS)
    record["cgroups"] = sorted({line.split(":", 2)[2] for line in read(f"{path}/cgroup").splitlines()})
    record["namespaces"] = {name: os.readlink(f"{path}/ns/{name}") for name in sorted(os.listdir(f"{path}/ns"))}
    return record


def threads():
    return [thread(f"/proc/self/task/{name}") for name in os.listdir("/proc/self/task")]


def descriptors():
    found = {}
    for name in sorted(os.listdir("/proc/self/fd"), key=int):
        try:
            kind = os.readlink(f"/proc/self/fd/{name}").split(":")[0]
        except FileNotFoundError:
            continue  # the listing's own
        access = os.stat(f"/proc/self/fd/{name}", follow_symlinks=False).st_mode & 0o600
        found[name] = {0o400: "read ", 0o200: "write ", 0o600: "read and write "}[access] + kind
    return found


def mounts():
    found = []
    for line in read("/proc/self/mountinfo").splitlines():
        left, right = line.split(" - ")
        source, point, options = left.split()[3:6]
        kind, device, more = right.split()
        found.append({"point": point, "source": source, "options": options, "type": kind, "device": device,
                      "more": more.split(",")})
    return found


def is_hidden(name):
    """Absent, closed, or empty."""
    path = f"/proc/{name}"
    try:
        if os.path.isdir(path):
            return os.listdir(path) == []
        with open(path, "rb") as file:
            return file.read(1) == b""
    except OSError:
        return True


def devices():
    found = {}
    for name in sorted(os.listdir("/dev")):
        mode = os.lstat(f"/dev/{name}")
        kind = f"{os.major(mode.st_rdev)}:{os.minor(mode.st_rdev)}" if stat.S_ISCHR(mode.st_mode) else ""
        found[name] = kind or (os.readlink(f"/dev/{name}") if stat.S_ISLNK(mode.st_mode) else "directory")
    return found


def answers():
    """What each call answers to arguments that are wrong for most: the filter speaks before the kernel does."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    found = {}
    for name, call in CALLS.items():
        # All that a call can have, or it gets what happens to be in the registers.
        numbers = [ctypes.c_long(number) for number in (call + [0] * 6)[:7]]
        found[name] = "ok" if libc.syscall(*numbers) != -1 else errno.errorcode[ctypes.get_errno()]
    return found


def in_child(function):
    """What `function` returns in a process of its own, which is gone afterwards with all that it did to itself."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writing, json.dumps(function()).encode())
        os._exit(0)
    os.close(writing)
    with open(reading, encoding="utf-8") as file:
        text = file.read()
    os.waitpid(pid, 0)
    return json.loads(text)


def is_writable(directory):
    path = f"{directory}/posture"
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        os.unlink(path)
        return True
    except OSError:
        return False


def processes_at_once():
    """How many there can be with this one, before fork is refused."""
    made = []
    try:
        while len(made) < MOST_PROCESSES:
            pid = os.fork()
            if pid == 0:
                signal.pause()
            made.append(pid)
    except OSError:
        pass
    for pid in made:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return len(made) + 1


def main():
    # Before there are threads, which count.
    most = processes_at_once()
    stopping = threading.Event()

    def start(count):
        for _ in range(count):
            threading.Thread(target=stopping.wait, daemon=True).start()

    start(2)
    seen = threads()
    start(2)
    seen += threads()
    child = subprocess.run(["/usr/bin/cat", "/proc/self/status"], check=True, capture_output=True, text=True).stdout
    limits = {line[:26].strip(): line[26:].split()[:2] for line in read("/proc/self/limits").splitlines()[1:]}
    print(json.dumps({
        "threads": seen,
        "child": status(child, (*STATUS, "SigBlk", "SigIgn", "Umask", "TracerPid")),
        "descriptors": descriptors(),
        "limits": limits,
        "environment": dict(os.environ),
        "processes and threads at once": most,
        "writable": [name for name in DIRECTORIES if is_writable(name)],
        "calls": in_child(answers),
        "mounts": mounts(),
        "visible in /proc": [name for name in HIDDEN if not is_hidden(name)],
        "processes": sorted(read(f"/proc/{name}/comm").strip() for name in os.listdir("/proc") if name.isdigit()),
        "devices": devices(),
        "working directory": os.getcwd(),
        "root": sorted(os.listdir("/")),
        "id map": read("/proc/self/uid_map").split(),
        "leads its session": os.getsid(0) == os.getpid(),
        "terminal": int(read("/proc/self/stat").rsplit(")", 1)[1].split()[4]),
        "oom_score_adj": int(read("/proc/self/oom_score_adj")),
    }))
    stopping.set()


main()
