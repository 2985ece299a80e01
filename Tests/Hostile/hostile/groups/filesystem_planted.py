# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group F: what a program leaves lying about for the server, or for the next run, to walk into."""

import contextlib
import glob
import hashlib
import http.client
import os
import shutil
import threading
import time

from hostile.bench import BASE, Stopwatch, ended, errors, out
from hostile.case import HANG_SECONDS, Failure, case, expect
from hostile.oracle import RUNS, cgroup_base, cgroup_mounts, lines, others_only
from hostile.probe import probe_in, program, report


@contextlib.contextmanager
def bait(bench):
    """A directory of the host with one file, which must be as before afterwards."""
    folder = os.path.join(os.path.dirname(bench.server.data), "bait")
    os.mkdir(folder, 0o777)
    os.chmod(folder, 0o777)
    target = os.path.join(folder, "target")
    with open(target, "w", encoding="ascii") as file:
        file.write("as before")
    os.chmod(target, 0o666)
    before = state(folder)
    try:
        yield folder
        expect(state(folder) == before, f"the host's files changed: {before} to {state(folder)}")
    finally:
        shutil.rmtree(folder)


def state(folder: str) -> list:
    """Owner, mode, names and contents of a directory of the host."""
    found = [(os.stat(folder).st_uid, os.stat(folder).st_mode)]
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        with open(path, "rb") as file:
            content = hashlib.sha256(file.read()).hexdigest()
        found.append((name, os.stat(path).st_uid, os.stat(path).st_mode, os.stat(path).st_nlink, content))
    return found


def exec_with_file(bench, sandbox: str, path: str, code: str = "print('ran')", **fields):
    """The status and answer of a run that is given a file at `path`."""
    files = [{"path": path, "content": "from the client"}]
    return bench.request("POST", f"/{sandbox}/exec", {"code": code, "files": files, **fields})


def restart(bench) -> None:
    """Ends the server cleanly and starts it on the same data, so that sandboxes are set up anew from their disks."""
    expect(bench.server.terminate() == 0, "the server did not end with 0")
    bench.server.start()


@case("F01", "leave a link, a FIFO, a directory where the server writes the code and files of the next run",
      "the code runs; no file of the host or of the client changes", quick=True)
def planted_code(bench):
    sandbox = bench.sandbox()
    outcomes = []
    with bait(bench) as folder:
        for plant in (f"os.symlink('{folder}', at)", "os.symlink('/etc', at)", "os.symlink('/proc/1/root/tmp', at)",
                      "os.symlink(at, at)", "os.symlink('/workspace', at)", "os.mkfifo(at)", "os.mkdir(at, 0)",
                      "os.makedirs(at + '/workspace/main.py/x')", "os.link('/usr/bin/env', at)",
                      f"os.mkdir(at); os.symlink('{folder}', at + '/workspace')",
                      "os.makedirs(at + '/workspace'); os.mkfifo(at + '/workspace/main.py')"):
            # Beside others a run's code has a directory of its own, so that it is not what removes the plant.
            planted = bench.exec(sandbox, "import os\nat = '/tmp/.outpost'\nopen('/workspace/main.py', 'a').close()\n"
                                 f"try: {plant}\nexcept OSError: print('refused')", concurrent=True)
            ended(planted, "succeeded")
            watch = Stopwatch()
            status, answer = bench.request("POST", f"/{sandbox}/exec", {
                "code": "import os; print('ran', os.listdir(), __file__, os.stat('main.py').st_size)"})
            watch.within(2)
            expect(status == 200 and out(answer) == "ran ['main.py'] /tmp/.outpost/workspace/main.py 0\n",
                   f"{plant}: {status} {answer}")
            outcomes.append(out(planted).strip() or "ran")
        names = bench.exec(sandbox, "print(open('/etc/hostname').read(), open('/etc/passwd').readline())",
                           concurrent=True)
        expect(out(names).startswith("sandbox\n root:x:0:0"), names)
        beside = [planted_before(bench, folder, language) for language in ("python", "node")]
    return f"eleven plants: {', '.join(outcomes)}; where an interpreter waits: {'; '.join(beside)}"


# What plants at its own path, and what then runs from there. Each begins as the next does, so that the interpreter that is
# started between the two is for it.
PLANTERS = {
    "python": ("main.py", "import os\nopen('main.py', 'w').close()\nplace = os.path.dirname(__file__)\n"
               "os.chmod(place, 0o700)\nos.chdir(place)\nos.unlink('main.py')\n{}", "print('ran')", (
        "os.symlink('{folder}/target', 'main.py')", "os.symlink('/nowhere', 'main.py')", "os.mkfifo('main.py')",
        "open('kept', 'w').close(); os.link('kept', 'main.py')", "os.mkdir('main.py')")),
    "node": ("main.cjs", "const fs = require('fs')\nfs.writeFileSync('main.cjs', '')\nfs.chmodSync(__dirname, 0o700)\n"
             "process.chdir(__dirname)\nfs.unlinkSync('main.cjs')\n{}",
             "require('fs'); console.log('ran')", (
                 "fs.symlinkSync('{folder}/target', 'main.cjs')", "fs.symlinkSync('/nowhere', 'main.cjs')",
                 "require('child_process').execSync('mkfifo main.cjs')",
                 "fs.writeFileSync('kept', ''); fs.linkSync('kept', 'main.cjs')", "fs.mkdirSync('main.cjs')")),
}


def planted_before(bench, folder: str, language: str) -> str:
    """The same, by the program that runs from there, with an interpreter that waits in the sandbox if there are such."""
    name, planter, program_text, plants = PLANTERS[language]
    outcomes = []
    sandbox = bench.sandbox(language=language)
    for plant in plants:
        before = run_cgroups(bench)
        ended(bench.exec(sandbox, planter.format(plant.format(folder=folder)), language=language), "succeeded")
        if os.environ["OUTPOST_WARM"] == "1":
            wait_for_interpreter(bench, before, name)
        watch = Stopwatch()
        status, answer = bench.request("POST", f"/{sandbox}/exec", {"code": program_text, "language": language})
        watch.within(2)
        expect(status == 200 and out(answer) == "ran\n", f"{plant}: {status} {answer}")
        outcomes.append("ran")
    left = bench.exec(sandbox, "stat -c '%s' *; ls -A . /tmp/.outpost", language="bash", concurrent=True)
    expect(out(left).split() == ["0", ".:", name], f"left: {left}")
    return f"{language} {', '.join(outcomes)}"


def run_cgroups(bench) -> set:
    """The cgroups of what runs or waits in sandboxes."""
    return set(others_only(path for mount in cgroup_mounts()
                           for path in glob.glob(f"{mount}/{cgroup_base(bench.server.data)}/{RUNS}/")))


def wait_for_interpreter(bench, before: set, name: str) -> None:
    """Returns when a process waits in the sandbox in which something is planted as /workspace/`name`."""
    deadline = time.monotonic() + HANG_SECONDS
    while time.monotonic() < deadline:
        for path in run_cgroups(bench) - before:
            for pid in lines(f"{path}cgroup.procs"):
                if os.path.lexists(f"/proc/{pid.strip()}/root/workspace/{name}"):
                    return
        time.sleep(0.005)
    raise Failure("no interpreter was started ahead")


@case("F02", "put links where the server makes, owns and removes directories, over a reload and a delete",
      "not followed; owners and host files as before")
def planted_directories(bench):
    seen = []
    with bait(bench) as folder:
        for user, work in (("sandbox", "/home/sandbox/work"), ("root", "/workspace")):
            for target in ("/etc", folder, "/proc/1/root/etc", ".."):
                sandbox = bench.sandbox(working_dir=work, security={"user": user})
                code = f"""
import os, shutil
os.chdir('/')
shutil.rmtree('{work}')
os.symlink('{target}', '{work}')
if os.getuid() == 0:
    for path in ('/home/sandbox', '/root'):
        shutil.rmtree(path)
        os.symlink('{target}', path)
"""
                ended(bench.exec(sandbox, code), "succeeded")
                seen.append((sandbox, user, target))
        restart(bench)
        for sandbox, user, target in seen:
            status, answer = bench.request(
                "POST", f"/{sandbox}/exec", {"command": ["/usr/bin/stat", "-c", "%u:%g", "/", "/etc", "/usr",
                                                         "/usr/bin"],
                                             "working_dir": "/"})
            expect(status == 200, f"{user}, {target}: {status} {answer}")
            expect(out(answer) == "0:0\n" * 4, f"{user}, {target}: owners {out(answer)!r}")
            status, answer = bench.request("DELETE", f"/{sandbox}")
            expect(status == 204, f"delete: {status} {answer}")
        bench.sandboxes.clear()
    return f"{len(seen)} planted sandboxes: owners as before after the reload, the host's directory after the delete"


RACE = """
import ctypes, os, time
os.makedirs('/home/sandbox/race/d', exist_ok=True)
os.chdir('/home/sandbox/race')
os.symlink('{target}', 's')
libc = ctypes.CDLL(None)
print('ready', flush=True)
open('/tmp/racing', 'w').close()
end = time.monotonic() + {seconds}
count = 0
while time.monotonic() < end:
    for _ in range(1000):
        libc.renameat2(-100, b'd', -100, b's', 2)
    count += 1000
print(count)
"""


@case("F04", "exchange a directory and a link with each other while the server writes a file below",
      "never outside the sandbox")
def exchanged(bench):
    counts = {"200": 0, "400": 0}
    exchanges = []
    with bait(bench) as folder:
        for target in (folder, "/proc/1/root/tmp", "/etc"):
            sandbox = bench.sandbox()
            racer = threading.Thread(target=lambda sandbox=sandbox, target=target: exchanges.append(bench.exec(
                sandbox, RACE.format(target=target, seconds=3), concurrent=True)))
            racer.start()
            while racer.is_alive():
                status, answer = exec_with_file(bench, sandbox, "/home/sandbox/race/d/x/file", concurrent=True)
                expect(status in (200, 400), f"{status}: {answer}")
                expect(status == 400 or answer["status"] == "succeeded", answer)
                counts[str(status)] += 1
            racer.join()
            found = probe_in(bench, sandbox, "show([os.path.exists('/etc/x'), os.path.exists('/tmp/x')])")
            expect(not found[0], "the file went to where its user may not write")
    total = sum(int(out(ended_well(race)).split()[-1]) for race in exchanges)
    return f"{sum(counts.values())} files written during {total} exchanges: {counts}"


def ended_well(execution: dict) -> dict:
    ended(execution, "succeeded")
    return execution


@case("F05", "links, hard links and FIFOs of one run on the paths of the next one, also after a restart",
      "resolved inside the sandbox only")
def planted_for_the_next(bench):
    sandbox = bench.sandbox()
    with bait(bench) as folder:
        planted = bench.exec(sandbox, f"""
import os
os.chdir('/home/sandbox')
for name, target in (('out', '{folder}'), ('root', '/'), ('first', '/proc/1/root'), ('up', '../../../../../../..'),
                     ('self', '/proc/self/root'), ('loop', 'loop'), ('fd', '/proc/self/fd'), ('dev', '/dev')):
    os.symlink(target, name)
os.mkfifo('fifo')
os.link('out', 'hard')
for path in ('/tmp/t', '/dev/shm/s'):
    open(path, 'w').close()
""")
        ended(planted, "succeeded")
        paths = [f"/home/sandbox/{name}" for name in (
            "out/file", f"root{folder}/file", f"first{folder}/file", f"up{folder}/file", f"self{folder}/file",
            "loop/file",
            "fd/5", "fd/0", "fifo", "hard", "fifo/file", "dev/null", "dev/shm/x", "up/etc/passwd")]
        before = {path: attempt_file(bench, sandbox, path) for path in paths}
        restart(bench)
        after = {path: attempt_file(bench, sandbox, path) for path in paths}
        left = probe_in(bench, sandbox, "show([os.path.exists('/tmp/t'), os.path.exists('/dev/shm/s'), os.path.isdir("
                        f"'{folder}'), open('/etc/passwd').readline()])")
        expect(left[:2] == [False, False] and left[3].startswith("root:x:0:0"), left)
    accepted = sum(status == 200 for status in (*before.values(), *after.values()))
    return f"{accepted} of {2 * len(paths)} written inside, the others 400, before and after a restart"


def attempt_file(bench, sandbox: str, path: str) -> int:
    """The status of a run with a file at `path`, which must be answered at once whatever it is."""
    watch = Stopwatch()
    status, answer = exec_with_file(bench, sandbox, path)
    watch.within(5)
    expect(status in (200, 400), f"{path}: {status} {answer}")
    expect(status == 400 or answer["status"] == "succeeded", f"{path}: {answer}")
    return status


@case("F07", "paths of files: absolute, `..` in all spellings, NUL, overlong UTF-8",
      "400, or a plain name inside the working directory", quick=True)
def spelled_paths(bench):
    sandbox = bench.sandbox(working_dir="/home/sandbox/a/b")
    refused = ["..", "../x", "/..", "a/../x", "a/..", "/home/sandbox/../../x", "x\0y", "\0", "a/../../../../../../x",
               "//..//x", "./../x"]
    for path in refused:
        status, answer = exec_with_file(bench, sandbox, path)
        expect(status == 400, f"{path!r}: {status} {answer}")
        expect("path" in str(answer["details"]), f"{path!r}: {answer}")
    # Nothing decodes these: they are what they are.
    plain = ["..%2fx", "%2e%2e/x", "..\\x", "./.x", "a//y", "...", "~", "$HOME", "-rf", "\u2025", "\uff0e\uff0e/x",
             "..;/x",
             "a\nb", "CON"]
    for path in plain:
        status, answer = exec_with_file(bench, sandbox, path)
        expect(status == 200 and answer["status"] == "succeeded", f"{path!r}: {status} {answer}")
    seen = probe_in(bench, sandbox, """
found = sorted(os.path.join(top, name) for top, _, names in os.walk('/home/sandbox') for name in names)
show([path.removeprefix('/home/sandbox/a/b/') for path in found if not path.endswith('main.py')])
""")
    wanted = sorted(os.path.normpath(path) for path in plain)
    expect(sorted(seen) == wanted, f"{seen}, not {wanted}")
    for overlong in (b"\xc0\xae\xc0\xae/x", b"\xe0\x80\xae\xe0\x80\xae/x", b"..\xc0\xafx", b"\xff"):
        status = raw_file(bench, sandbox, overlong)
        expect(status == 400, f"{overlong!r}: {status}")
    return f"{len(refused) + 4} refused with 400, {len(plain)} plain names inside"


def raw_file(bench, sandbox: str, path: bytes) -> int:
    """The status of a run with a file whose path's bytes are no text."""
    with open(os.path.join(bench.server.data, "admin.token"), encoding="ascii") as file:
        token = file.read().strip()
    connection = http.client.HTTPConnection("127.0.0.1", bench.server.port, timeout=HANG_SECONDS)
    connection.request("POST", f"{BASE}/{sandbox}/exec",
                       b'{"code": "", "files": [{"path": "' + path + b'", "content": ""}]}',
                       {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
    status = connection.getresponse().status
    connection.close()
    return status


@case("F08", "paths of files through magic links: /proc/self/root, /proc/self/fd/N, /dev/fd/N, /proc/1",
      "inside, or 400; never a failure of the platform", quick=True)
def magic_links(bench):
    sandbox = bench.sandbox()
    with bait(bench) as folder:
        paths = [f"/proc/self/fd/{number}" for number in range(16)] + ["/dev/fd/3", "/dev/fd/4", "/dev/stdout"]
        paths += [f"{start}{folder}/file" for start in ("/proc/self/root", "/proc/1/root", "/proc/self/cwd/..", "")
                  if ".." not in start]
        paths += ["/proc/self/root/tmp/here", "/proc/self/cwd/there", "/proc/self/exe", "/proc/1/mem", "/proc/self/mem",
                  "/proc/self/oom_score_adj", "/proc/self/attr/current", "/proc/sysrq-trigger", "/dev/null",
                  "/dev/full"]
        outcomes = {path: attempt_file(bench, sandbox, path) for path in paths}
    return f"{list(outcomes.values()).count(200)} inside, {list(outcomes.values()).count(400)} refused with 400"


@case("F29", "a process that keeps the working directory open past the end of its run",
      "dead before the next one begins",
      quick=True)
def kept_directory(bench):
    code = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    folder = os.open('.', os.O_RDONLY)
    os.close(1)
    os.close(2)
    open('started', 'w').close()
    while True:
        with open(os.open('beat', os.O_CREAT | os.O_WRONLY, dir_fd=folder), 'w') as file:
            file.write(str(time.monotonic_ns()))
while not os.path.exists('started'):
    time.sleep(0.001)
"""
    look = """
def beat():
    return open('beat').read() if os.path.exists('beat') else ''
before = beat()
time.sleep(0.2)
show([before == beat(), sum(name.isdigit() for name in os.listdir('/proc'))])
"""
    sandbox = bench.sandbox()
    for _ in range(5):
        ended(bench.exec(sandbox, code), "succeeded")
        seen = probe_in(bench, sandbox, look)
        expect(seen == [True, 1], f"it still writes, or is still there: {seen}")
    return "five times: it wrote nothing more, and had ended"


@case("F30", "walk `..` out of a directory that is renamed at the same time", "ends at the sandbox's own root", quick=True)
def parent_walk(bench):
    seen = report(bench.python(program("""
import ctypes
os.makedirs('/tmp/a/b/c/d/e')
os.makedirs('/tmp/z')
child = os.fork()
if child == 0:
    while True:
        libc.renameat2(-100, b'/tmp/a/b', -100, b'/tmp/z/b', 0)
        libc.renameat2(-100, b'/tmp/z/b', -100, b'/tmp/a/b', 0)
root = os.stat('/')
ends, walks = set(), 0
deadline = time.monotonic() + 1
while time.monotonic() < deadline or walks <= 100:
    try:
        place = os.open('/tmp/a/b/c/d/e', os.O_RDONLY)
    except FileNotFoundError:
        continue
    for _ in range(40):
        above = os.open('..', os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = above
    ends.add((os.fstat(place).st_dev, os.fstat(place).st_ino) == (root.st_dev, root.st_ino))
    os.close(place)
    walks += 1
os.kill(child, signal.SIGKILL)
show([sorted(ends), walks])
""")))
    expect(seen[0] == [True] and seen[1] > 100, seen)
    return f"{seen[1]} walks of 40 steps, each to the root"


@case("F31", "special names: empty, `.`, `/`, a trailing slash, 256 and 4,096 bytes, both Unicode forms of é",
      "400, or a file of exactly that name", quick=True)
def special_names(bench):
    sandbox = bench.sandbox(working_dir="/home/sandbox/names")
    for path in ("", ".", "/", "//", "a/", "a/.", "./", "/home/", "x" * 256, "x" * 4097, "a/" * 2100 + "x", "é" * 128):
        status, answer = exec_with_file(bench, sandbox, path)
        expect(status == 400 and answer["code"] == "invalid_request", f"{path[:20]!r}: {status} {answer}")
    for path in ("x" * 255, "é" * 127, "e\u0301", "\u00e9", "\u202egnp.exe", " ", "\t", "\x7f"):
        status, answer = exec_with_file(bench, sandbox, path)
        expect(status == 200 and answer["status"] == "succeeded", f"{path[:20]!r}: {status} {answer}")
    names = probe_in(bench, sandbox, "show(sorted(os.listdir('.')))")
    wanted = sorted(["x" * 255, "é" * 127, "e\u0301", "\u00e9", "\u202egnp.exe", " ", "\t", "\x7f"])
    expect(names == wanted, names)
    return "twelve refused with 400, eight files with exactly their names"
