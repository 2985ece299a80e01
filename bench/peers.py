# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""The same small program without a sandbox and in the peers' sandboxes."""
import dataclasses
import itertools
import json
import os
import pathlib
import shutil
import subprocess
import time

PROGRAM = "print(2+2)"
EXPECTED = b"4\n"
PYTHON = ["/usr/bin/python3", "-c", PROGRAM]
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": "/tmp", "LANG": "C.UTF-8"}
LINKS = ("bin", "sbin", "lib", "lib64")
# In a command, stands for a name that no other run has.
UNIQUE_NAME = "{unique name}"
run_numbers = itertools.count()


@dataclasses.dataclass
class Peer:
    """A command that runs the program; `absence` says why it can't run here, or is None."""

    name: str
    title: str
    command: list
    absence: str | None = None
    # Takes part in one round of so many.
    every: int = 1

    def checked(self):
        """Runs the command once and notes why it fails, if it does."""
        try:
            ran = subprocess.run(named(self.command), env=ENVIRONMENT, capture_output=True, stdin=subprocess.DEVNULL,
                                 timeout=30, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            self.absence = str(error)
            return self
        if ran.returncode != 0 or ran.stdout != EXPECTED:
            message = ran.stderr.decode(errors="replace").strip() or f"printed {ran.stdout!r}"
            self.absence = f"status {ran.returncode}: {message}"
        return self


def named(command):
    name = f"outpost-bench-{os.getpid()}-{next(run_numbers)}"
    return [name if part == UNIQUE_NAME else part for part in command]


def run_once(command):
    """Milliseconds from before the start of `command` to its end with the expected output."""
    command = named(command)
    devnull = (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0)
    reading, writing = os.pipe()
    started = time.perf_counter_ns()
    pid = os.posix_spawn(command[0], command, ENVIRONMENT,
                         file_actions=[devnull, (os.POSIX_SPAWN_DUP2, writing, 1)])
    os.close(writing)
    output = read_all(reading)
    _, status = os.waitpid(pid, 0)
    milliseconds = (time.perf_counter_ns() - started) / 1e6
    os.close(reading)
    if status != 0 or output != EXPECTED:
        raise RuntimeError(f"{command[0]} ended with wait status {status} and printed {output!r}")
    return milliseconds


def read_all(descriptor):
    parts = []
    while part := os.read(descriptor, 65536):
        parts.append(part)
    return b"".join(parts)


def peers(directory):
    """Bare Python and the peers, each tried once; `directory` is for runc's bundle."""
    bare = Peer("bare", "bare `python3 -c`, no sandbox", PYTHON)
    directory = pathlib.Path(directory)
    return [bare.checked(), bubblewrap(), runc(directory), runsc(directory)]


def bubblewrap():
    title = "bubblewrap (namespaces; no limits, no system call filter)"
    program = shutil.which("bwrap")
    if program is None:
        return Peer("bubblewrap", title, [], "bwrap is not installed")
    links = [part for link in LINKS if os.path.islink(f"/{link}") for part in ("--symlink", f"usr/{link}", f"/{link}")]
    variables = [part for item in ENVIRONMENT.items() for part in ("--setenv", *item)]
    command = [program, "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
               "--ro-bind", "/usr", "/usr", *links, "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp",
               "--chdir", "/tmp", "--clearenv", *variables, "--", *PYTHON]
    return Peer("bubblewrap", title, command).checked()


def find(name):
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")


def runc(directory):
    return oci("runc", "runc (namespaces and cgroup limits; no system call filter)", directory, [])


def runsc(directory):
    # The cgroup is left out where runsc does not know how to make one, which is most hosts of this version.
    title = "runsc (gVisor: a kernel of its own in a process; no cgroup limits)"
    peer = oci("runsc", title, directory, ["--network", "none", "--ignore-cgroups"])
    # It takes many times as long as the others, and would make up most of the run.
    peer.every = 10
    return peer


def oci(name, title, directory, options):
    program = find(name)
    if program is None:
        return Peer(name, title, [], f"{name} is not installed")
    bundle = directory / name
    try:
        make_bundle(program, bundle)
    except (OSError, subprocess.CalledProcessError) as error:
        return Peer(name, title, [], f"no bundle: {error}")
    command = [program, "--root", str(directory / f"{name}-state"), *options, "run", "--bundle", str(bundle),
               UNIQUE_NAME]
    return Peer(name, title, command).checked()


def make_bundle(program, bundle):
    """An OCI bundle from the program's own template: read-only /usr, a tmpfs on /tmp, the default limits of a sandbox."""
    root = bundle / "rootfs"
    for folder in ("usr", "tmp", "proc", "dev", "sys"):
        (root / folder).mkdir(parents=True)
    for link in LINKS:
        if os.path.islink(f"/{link}"):
            (root / link).symlink_to(f"usr/{link}")
    subprocess.run([program, "spec"], cwd=bundle, check=True, capture_output=True)
    path = bundle / "config.json"
    path.write_text(json.dumps(adapted(json.loads(path.read_text()))))


def adapted(config):
    nothing = {kind: [] for kind in config["process"]["capabilities"]}
    config["process"].update(terminal=False, args=PYTHON, cwd="/tmp", capabilities=nothing,
                             env=[f"{key}={value}" for key, value in ENVIRONMENT.items()])
    config["mounts"] += [
        {"destination": "/usr", "type": "bind", "source": "/usr", "options": ["rbind", "ro", "nosuid", "nodev"]},
        {"destination": "/tmp", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "nodev", "size=1g"]},
    ]
    config["linux"].setdefault("resources", {}).update(memory={"limit": 512 << 20}, pids={"limit": 128},
                                        cpu={"quota": 100_000, "period": 100_000})
    return config
