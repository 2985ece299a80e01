# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group S: kills in the middle of making and of deleting, what an old server left, and a host that lacks something."""

import contextlib
import http.client
import os
import random
import signal
import subprocess
import tempfile
import time

from hostile.bench import BASE, ended, out
from hostile.case import HANG_SECONDS, NotHere, case, expect
from hostile.host import Background, in_runs, run_cgroups, spawner, wait_for
from hostile.oracle import cgroup_base, lines
from hostile.scratch_server import restart, scratch_server

STATEFUL = {"language": "python", "mode": "stateful", "resource_limits": {"disk_mb": 32}}
# Their sandboxes' ids are out of the way of those that the other servers of this suite use.
OWN_IDS = 0x50000000


def request(server, method: str, path: str, body=None):
    """The status and the answer, or (0, None) when the connection broke."""
    try:
        return server.request(method, BASE + path, body)
    except (OSError, http.client.HTTPException):
        return 0, None


def check_nothing_runs(server) -> None:
    expect(not in_runs(server) and not run_cgroups(server), "a run went on")


def directories(server) -> set:
    path = os.path.join(server.data, "sandboxes")
    return set(os.listdir(path)) if os.path.isdir(path) else set()


def check_no_disks(server) -> None:
    """The disk is removed when the kernel has given it back, which may be after the answer."""
    wait_for(lambda: not directories(server), "a disk of a sandbox that was deleted is left")


def all_listed(server) -> list:
    return server.call("GET", f"{BASE}?per_page=100")["data"]


@case("S02", "SIGKILL of the server while it makes sandboxes, at 12 points",
      "what was acknowledged is complete, what was not is complete or gone, nothing is left")
def killed_while_making(bench):
    chance = random.Random(2)
    acknowledged, whole = set(), 0
    with scratch_server(bench.server.program) as server:

        def make():
            status, answer = request(server, "POST", "", STATEFUL)
            if status == 201:
                acknowledged.add(answer["id"])
                # Its disk and its namespaces are made now.
                request(server, "POST", f"/{answer['id']}/exec", {"code": "print('whole')"})

        for _ in range(12):
            calls = [Background(make) for _ in range(4)]
            time.sleep(chance.uniform(0, 0.12))
            server.kill()
            for call in calls:
                call.result()
            restart(server)
            check_nothing_runs(server)
            found = {sandbox["id"]: sandbox for sandbox in all_listed(server)}
            expect(acknowledged <= found.keys(), f"acknowledged and gone: {acknowledged - found.keys()}")
            expect(directories(server) <= found.keys(), f"disks of nobody: {directories(server) - found.keys()}")
            for identifier in found:
                answer = server.exec(identifier, "print('whole')")
                expect(out(answer) == "whole\n", f"{identifier} is half made: {answer}")
                server.call("DELETE", f"{BASE}/{identifier}", status=204)
            whole += len(found)
            acknowledged.clear()
            check_no_disks(server)
    return f"12 kills, each with 4 sandboxes in the making: {whole} were there afterwards, all whole"


@case("S03", "SIGKILL of the server while it deletes sandboxes, at 10 points",
      "each is complete or gone, with its disk; one whose deletion was acknowledged stays gone")
def killed_while_deleting(bench):
    chance = random.Random(3)
    tally = {"gone": 0, "whole": 0}
    with scratch_server(bench.server.program) as server:
        for _ in range(10):
            made = [server.create(mode="stateful", resource_limits={"disk_mb": 32})["id"] for _ in range(4)]
            for identifier in made:
                ended(server.exec(identifier, "open('file', 'w').write('kept')\nimport os\nos.sync()"), "succeeded")
            calls = {identifier: Background(request, server, "DELETE", f"/{identifier}") for identifier in made}
            time.sleep(chance.uniform(0, 0.02))
            server.kill()
            answers = {identifier: call.result()[0] for identifier, call in calls.items()}
            restart(server)
            check_nothing_runs(server)
            for identifier, answer in answers.items():
                tally[check_deleted(server, identifier, answer)] += 1
            check_no_disks(server)
    return f"40 deletions, 10 kills: {tally['gone']} gone, {tally['whole']} whole"


def check_deleted(server, identifier: str, answer: int) -> str:
    status, _ = request(server, "GET", f"/{identifier}")
    if status == 404:
        expect(identifier not in directories(server), f"the disk of {identifier} is left")
        return "gone"
    expect(status == 200 and answer != 204, f"{identifier} answers {status} after its deletion answered {answer}")
    kept = out(server.exec(identifier, "print(open('file').read())"))
    expect(kept == "kept\n", f"{identifier} has lost its file: {kept!r}")
    server.call("DELETE", f"{BASE}/{identifier}", status=204)
    return "whole"


def hierarchies(server) -> list:
    """Where those hierarchies of cgroups are mounted that the server uses."""
    mounts = {line.split()[4] for line in lines("/proc/self/mountinfo") if " - cgroup" in line}
    return sorted(mount for mount in mounts if os.path.isdir(os.path.join(mount, cgroup_base(server.data))))


class Planted:
    """A cgroup in several hierarchies, with a process that sleeps in all of them."""

    def __init__(self, mounts: list, name: str):
        self.paths = [os.path.join(mount, part) for mount in mounts for part in (os.path.dirname(name), name) if part]
        self.process = subprocess.Popen(["/bin/sleep", "600"])
        for path in self.paths:
            os.makedirs(path, exist_ok=True)
        for path in self.paths:
            with open(os.path.join(path, "cgroup.procs"), "w", encoding="ascii") as file:
                file.write(str(self.process.pid))

    def is_whole(self) -> bool:
        return self.process.poll() is None and all(os.path.isdir(path) for path in self.paths)

    def remove(self) -> None:
        self.process.kill()
        self.process.wait()
        for path in sorted(set(self.paths), reverse=True):
            with contextlib.suppress(OSError):
                os.rmdir(path)


@contextlib.contextmanager
def loop_device():
    """A loop device on a file of somebody else's; gives its path."""
    with tempfile.NamedTemporaryFile(dir="/var/tmp") as file:
        file.truncate(1 << 20)
        made = subprocess.run(["losetup", "--find", "--show", file.name], capture_output=True, text=True, check=True,
                              timeout=HANG_SECONDS)
        try:
            yield made.stdout.strip()
        finally:
            subprocess.run(["losetup", "--detach", made.stdout.strip()], check=True, timeout=HANG_SECONDS)


@case("S07", "what a dead server left: cgroups with processes, disks without a record; and the same of other servers",
      "the start removes what belongs to the server, and nothing else")
def leftovers(bench):
    planted, mounts = {}, hierarchies(bench.server)

    @contextlib.contextmanager
    def before(server):
        os.makedirs(os.path.join(server.data, "sandboxes", "sbx_0123456789ab"), mode=0o700)
        for path in "sandboxes/sbx_0123456789ab/disk.ext4", "sandboxes/sbx_0123456789ab/disk.ext4.new", "notes":
            with open(os.path.join(server.data, path), "w", encoding="ascii") as file:
                file.write("something")
        os.chmod(server.data, 0o700)
        planted["ours"] = Planted(mounts, f"{cgroup_base(server.data)}/run-99")
        planted["another server's"] = Planted(mounts, f"outpost-{os.getpid():08x}/run-99")
        planted["a stranger's"] = Planted(mounts, f"stranger-{os.getpid()}/run-99")
        try:
            yield
        finally:
            for item in planted.values():
                item.remove()

    with loop_device() as device, scratch_server(bench.server.program, around=before) as server:
        ours = planted["ours"]
        wait_for(lambda: ours.process.poll() is not None, "the process of the old run lives")
        left = run_cgroups(server)
        expect(not left, f"left: {left}")
        expect(not directories(server), f"left: {directories(server)}")
        for name in ("another server's", "a stranger's"):
            expect(planted[name].is_whole(), f"{name} cgroup or process was touched")
        expect(os.path.exists(os.path.join(server.data, "notes")), "a file of the operator's is gone")
        expect(os.path.exists(f"/sys/block/{os.path.basename(device)}/loop/backing_file"), "a loop device was taken")
        ended(server.execute("print(1)"), "succeeded")
    return f"the old run's cgroup in {len(mounts)} hierarchies and a disk removed; the others' untouched"


DEVICES = "cp -a /dev/null /dev/zero /dev/full /dev/random /dev/urandom /mnt"
# Each takes something away, for the server alone, in a mount namespace of its own; with what doctor must name.
LACKS = {
    "no memory controller": ("umount /sys/fs/cgroup/memory", "memory"),
    "no pids controller": ("umount /sys/fs/cgroup/pids", "pids"),
    "a memory controller that is read-only": ("mount -o remount,bind,ro /sys/fs/cgroup/memory", "Read-only"),
    "no loop devices": (f"mount -t tmpfs tmpfs /mnt && {DEVICES} && mount --move /mnt /dev", "loop"),
    "no devices at all": ("mount -t tmpfs tmpfs /dev", "/dev"),
}


@case("S10", "a host without a controller, with a read-only one, without loop devices, without any devices",
      "doctor names it; serve does not start, or offers only what the host can do; nothing hangs")
def lacking_host(bench):
    if not os.path.ismount("/sys/fs/cgroup/memory") or not os.path.ismount("/sys/fs/cgroup/pids"):
        raise NotHere("takes away hierarchies of cgroup v1, which are not all here")
    seen, wrong = [], []
    for title, (command, word) in LACKS.items():
        code, text = without(command, [bench.server.program, "doctor"])
        missing = "\n".join(line for line in text.splitlines() if " missing " in line)
        if code != 1 or word not in missing:
            wrong.append(f"{title}: doctor ends with {code} and says {missing or text[-200:]!r}")
        seen.append(f"{title}: {serve_without(bench, command, wrong)}")
    expect(not wrong, "; ".join(wrong))
    return "; ".join(seen)


def without(command: str, program: list):
    """The exit code and the output of a program that lacks something, which is asked to end when it serves; 124 when it
    had to be ended."""
    script = f'{command} || exit 99\nexec timeout --kill-after=2 {HANG_SECONDS} "$@"'
    with tempfile.NamedTemporaryFile() as output:
        words = ["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", *program]
        with subprocess.Popen(words, stdout=output, stderr=output, stdin=subprocess.DEVNULL) as process:
            while process.poll() is None and "listening" not in "".join(lines(output.name)):
                time.sleep(0.05)
            process.terminate()
        return process.returncode, "\n".join(lines(output.name))


def serve_without(bench, command: str, wrong: list) -> str:
    """What becomes of a server there; it may serve what it can hold."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as directory:
        code, text = without(command, [bench.server.program, "serve", "--listen", "127.0.0.1:0", "--data-dir",
                                       os.path.join(directory, "data")])
    # One that can serve does so until it is asked to end.
    if code not in (0, 124):
        return "does not start"
    if "listening" not in text:
        wrong.append(f"{command}: serve neither starts nor ends: {text[-200:]!r}")
    return "serves"


@case("S11", "more sandboxes at a time than there are ranges of ids", "503 for the first one too many; the next works")
def slots_exhausted(bench):
    with scratch_server(bench.server.program, slots=3, first_id=OWN_IDS, unload_after_secs=0) as server:
        body = {"language": "bash", "code": "exec sleep 600", "timeout_secs": 300}
        calls = [Background(request, server, "POST", "/execute", body) for _ in range(3)]
        wait_for(lambda: len(in_runs(server)) == 3, "the runs did not start")
        status, answer = request(server, "POST", "/execute", {**body, "code": "echo 1"})
        expect(status == 503, f"one too many answers {status}: {answer}")
        for pid in in_runs(server):
            os.kill(pid, 9)
        for call in calls:
            ended(call.result()[1], "failed")
        # A range is given back when the last of its sandbox is gone, which is after the answer.
        for _ in range(10):
            wait_for(lambda: request(server, "POST", "/execute", {**body, "code": "echo 1"})[0] == 200, "refused")
    return "3 of 3 in use: 503; ten runs after they ended: ranges are used again"


@case("S23", "SIGKILL of the spawner, and the first ones after it find a host that cannot be prepared",
      "the server goes on; the next spawner works, and the files are there", quick=True)
def replaced_spawner_fails(bench):
    with scratch_server(bench.server.program, unload_after_secs=0) as server:
        sandbox = server.call("POST", BASE, STATEFUL, status=201)["id"]
        ended(server.exec(sandbox, "open('/workspace/kept', 'w').write('kept')"), "succeeded")
        # The directory under the spawner's own root. The mount that is there follows it to its new name.
        point, away = (os.path.join(server.data, "image", name) for name in ("spawner", "away"))
        os.rename(point, away)
        with open(point, "w", encoding="ascii"):
            pass
        os.kill(spawner(server), signal.SIGKILL)
        try:
            took = wait_for(lambda: failed_spawners(server) >= 3, "no spawner failed")
        finally:
            os.remove(point)
            os.rename(away, point)
        wait_for(lambda: request(server, "POST", "/execute", {"language": "bash", "code": "echo 1"})[0] == 200
                 or not server.is_running(), "no spawner works")
        expect(server.is_running(), f"the server ended: {server.log_tail()[-400:]}")
        answer = server.exec(sandbox, "print(open('/workspace/kept').read())")
        expect(out(answer) == "kept\n", f"the file is gone: {answer}")
    return f"three spawners failed within {took:.1f} s; the next one works, and the file is there"


def failed_spawners(server) -> int:
    return sum(line.startswith("outpost-init: ") for line in lines(server.log_path))
