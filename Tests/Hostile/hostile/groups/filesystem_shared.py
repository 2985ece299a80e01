# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group F: what sandboxes share, the image's files and devices, and what a client sets in the environment."""

import hashlib
import os
import signal

from hostile.bench import ended, out
from hostile.case import case, expect
from hostile.groups.kernel_calls import try_all
from hostile.host import Background, agents, in_runs, spawner, wait_for
from hostile.probe import need_x86_64, probe, probe_in, program, report

# Read by every sandbox, changed by nothing on a host that is not being updated.
SHARED = ("/usr/bin/env", "/usr/bin/python3.11", "/usr/lib/os-release", "/usr/lib/python3.11/json/__init__.py")

# `wait_for(path)` inside a run that another one beside it in the same sandbox must tell something.
WAIT = """
def wait_for(path, seconds=60):
    deadline = time.monotonic() + seconds
    while not os.path.exists(path):
        if time.monotonic() > deadline: raise SystemExit(path + ' does not come')
        time.sleep(0.005)
"""


def shared_files() -> list:
    return [path for path in SHARED if os.path.isfile(path)]


def hashes(paths: list) -> dict:
    found = {}
    for path in paths:
        with open(path, "rb") as file:
            found[path] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


@case("F25", "write to the image's files: open, map, /proc/self/mem, pages spliced into a pipe, as user and as root",
      "refused, or a private copy; another sandbox and the host read the same as before", quick=True)
def image_files(bench):
    need_x86_64()
    paths = shared_files()
    before = hashes(paths)
    attack = f"""
import mmap
outcomes = set()
def opened(path):
    with open(path, 'r+b') as file: file.write(b'PLANTED')
def mapped(path):
    with open(path, 'rb') as file:
        mmap.mmap(file.fileno(), 0, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)[:7] = b'PLANTED'
def forced(path):
    # As dirty COW was: the kernel writes through a mapping that may only be read; it must write to a copy.
    libc.mmap.restype = ctypes.c_void_p
    with open(path, 'rb') as file:
        address = libc.mmap(None, 4096, 1, 2, file.fileno(), 0)
    with open('/proc/self/mem', 'r+b', 0) as memory:
        memory.seek(address)
        memory.write(b'PLANTED')
def spliced(path):
    # As the dirty pipe was: a page of the file in a pipe, then bytes that must not be merged into it.
    read, write = os.pipe()
    os.write(write, bytes(65536))
    os.read(read, 65536)
    with open(path, 'rb') as file: os.splice(file.fileno(), write, 1, offset_src=4)
    os.write(write, b'PLANTED')
for path in {paths!r}:
    for way in (forced, spliced, mapped, opened):
        outcomes.add(way.__name__ + ' ' + attempt(lambda: way(path)))
    outcomes.add('truncate ' + attempt(lambda: os.truncate(path, 1)))
show(sorted(outcomes))
"""
    seen = {user: probe(bench, attack, user) for user in ("sandbox", "root")}
    writable = [outcome for outcome in seen["sandbox"] if outcome in ("opened ok", "mapped ok", "truncate ok")]
    expect(not writable, f"the ordinary user: {writable}")
    elsewhere = probe(bench, f"""
import hashlib
show({{path: hashlib.sha256(open(path, 'rb').read()).hexdigest() for path in {paths!r}}})
""")
    expect(elsewhere == before and hashes(paths) == before, "a file of the image changed")
    return f"as user {', '.join(seen['sandbox'])}; {len(paths)} shared files as before elsewhere"


@case("F26", "overlay tricks: attributes trusted.overlay and user.overlay, whiteouts as devices",
      "refused, or without effect on lower layers", quick=True)
def overlay_attributes(bench):
    names = ("opaque", "redirect", "metacopy", "whiteout", "origin", "upper", "impure", "nlink", "protattr")
    rows = {}
    for kind in ("trusted", "user"):
        for name in names:
            answers = ("EPERM", "EACCES", "EOPNOTSUPP") if kind == "trusted" else ("EPERM", "EACCES", "EOPNOTSUPP",
                                                                                   "ok")
            rows[f"{kind} {name} on a directory"] = (
                f"attempt(lambda: os.setxattr('/tmp/own', '{kind}.overlay.{name}', b'y'))", answers)
            rows[f"{kind} {name} on a file"] = (
                f"attempt(lambda: os.setxattr('/tmp/own/file', '{kind}.overlay.{name}', b'/../../lower'))", answers)
    rows["on the image"] = ("attempt(lambda: os.setxattr('/usr/bin', 'trusted.overlay.opaque', b'y'))",
                            ("EPERM", "EACCES", "EOPNOTSUPP"))
    rows["whiteout"] = ("attempt(lambda: os.mknod('/tmp/own/w', 0o20666, 0))", ("EPERM", "EACCES"))
    rows["rename with a whiteout"] = ("'ok' if libc.renameat2(-100, b'/tmp/own/a', -100, b'/tmp/own/b', 4) == 0 "
                                      "else name_of(ctypes.get_errno())", ("EPERM", "EINVAL", "ENOENT"))
    rows["the same names are there"] = ("str(sorted(os.listdir('/')) == root and sorted(os.listdir('/usr')) == usr)",
                                        ("True",))
    rows["the file is the same"] = ("open('/tmp/own/file').read()", ("mine",))
    rows["stage"] = ("attempt(lambda: os.stat('/stage/upper'))", ("ENOENT",))
    return try_all(bench, rows, """
root, usr = sorted(os.listdir('/')), sorted(os.listdir('/usr'))
os.mkdir('/tmp/own')
with open('/tmp/own/file', 'w') as file: file.write('mine')
open('/tmp/own/a', 'w').close()
""")


LOCK = """
import fcntl
held = []
for path in {paths!r}:
    for kind in ('flock', 'lockf'):
        # What is open for reading only takes no exclusive lock of lockf's.
        mode = fcntl.LOCK_EX if kind == 'flock' else fcntl.LOCK_SH
        try:
            file = os.open(path, os.O_RDONLY)
            getattr(fcntl, kind)(file, mode | fcntl.LOCK_NB)
            held.append(file)
        except OSError as error:
            failed.append(path + ' ' + kind + ' ' + name_of(error.errno))
"""


@case("F27", "locks on shared files and devices by their paths, as a signal to another sandbox",
      "no other sandbox sees them; L11 has the locks that remain", quick=True)
def shared_locks(bench):
    paths = shared_files() + ["/etc/passwd", "/dev/null", "/dev/zero", "/dev/urandom", "/dev", "/usr/bin", "/",
                              "/proc/version",
                              "/proc/sys/kernel/hostname"]
    code = "failed = []\n" + LOCK.replace("{paths!r}", repr(paths))
    sandbox = bench.sandbox()
    holder = Background(bench.exec, sandbox, program(
        WAIT + code + "open('/tmp/held', 'w').close()\nwait_for('/tmp/release')\nshow([len(held), failed])"),
        concurrent=True)
    ended(bench.exec(sandbox, program(WAIT + "wait_for('/tmp/held')"), concurrent=True), "succeeded")
    elsewhere = probe(bench, code + "show([len(held), failed])")
    ended(bench.exec(sandbox, "open('/tmp/release', 'w').close()", concurrent=True), "succeeded")
    held = report(holder.result())
    expect(held[1] == [] and held[0] == 2 * len(paths), f"the holder did not get its locks: {held}")
    expect(elsewhere[1] == [], f"another sandbox saw the locks: {elsewhere[1]}")
    return f"{held[0]} locks on {len(paths)} files and devices, each free in another sandbox"


WATCH = """
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
watch = libc.inotify_init1(0o4000)
added = [path for path in {paths!r} if libc.inotify_add_watch(watch, path.encode(), 0xfff) != -1]
def events():
    try:
        return len(os.read(watch, 65536))
    except BlockingIOError:
        return 0
open('/usr/lib/os-release').close()
own = events()
fanotify = call('fanotify_init', 0, 0)
open('/dev/shm/watching', 'w').close()
signal.sigwait([signal.SIGUSR1])
show([len(added), own, events(), fanotify])
"""


@case("F28", "inotify and fanotify on shared files by their paths, to see what other sandboxes read",
      "no event of another sandbox; L11 has the watches that remain", quick=True)
def watches(bench):
    paths = [*shared_files(), "/usr/bin", "/usr/lib", "/etc", "/", "/dev", "/dev/null", "/dev/urandom"]
    watcher = Background(bench.python, program(WATCH.replace("{paths!r}", repr(paths))))
    # From outside: whatever happened inside to tell would be an event itself.
    watching = []

    def find() -> bool:
        watching[:] = [pid for pid in in_runs(bench.server) if os.path.exists(f"/proc/{pid}/root/dev/shm/watching")]
        return bool(watching) or watcher.is_over()

    wait_for(find, "the watcher does not come")
    for _ in range(3):
        probe(bench, f"for path in {shared_files()!r}: open(path, 'rb').read()\nopen('/dev/null', 'w').write('x')\n"
                     "os.urandom(8)\nopen('/dev/urandom', 'rb').read(8)\n"
                     "show(os.listdir('/usr/bin') and os.listdir('/dev'))")
    for pid in watching:
        os.kill(pid, signal.SIGUSR1)
    added, own, foreign, fanotify = report(watcher.result())
    expect(added == len(paths) and own > 0, f"{added} watches, {own} bytes of own events")
    expect(fanotify == "EPERM", f"fanotify_init: {fanotify}")
    expect(foreign == 0, f"{foreign} bytes of events while another sandbox ran")
    return f"{added} watches: own events seen, none of three runs in other sandboxes; fanotify {fanotify}"


INJECTED = {
    "LD_PRELOAD": "/tmp/evil.so", "LD_AUDIT": "/tmp/evil.so", "LD_LIBRARY_PATH": "/tmp", "BASH_ENV": "/tmp/evil.sh",
    "ENV": "/tmp/evil.sh", "PYTHONSTARTUP": "/tmp/evil.py", "PYTHONPATH": "/tmp",
    "NODE_OPTIONS": "--require /tmp/evil.js",
    "GIT_SSH_COMMAND": "/tmp/evil.sh", "IFS": "/", "PATH": "/tmp:/usr/bin:/bin", "SHELLOPTS": "xtrace",
    "GOFLAGS": "-toolexec=/tmp/evil.sh", "GCONV_PATH": "/tmp", "LD_DEBUG": "all", "LD_DEBUG_OUTPUT": "/tmp/debug",
    "MALLOC_CONF": "x", "GLIBC_TUNABLES": "glibc.malloc.check=3", "HOSTALIASES": "/tmp/x", "TMPDIR": "/tmp/x",
}
EVIL = """
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
__attribute__((constructor)) static void evil(void) {
    char line[64];
    int file = open("/home/sandbox/loaded", O_CREAT | O_WRONLY | O_APPEND, 0666);
    if (file >= 0) {
        int count = snprintf(line, sizeof line, "%d %d %d\\n", getpid(), geteuid(), getppid());
        if (write(file, line, (size_t)count) < 0) return;
        close(file);
    }
}
"""


@case("F32", "variables that loaders, shells and interpreters obey, and a directory of fake commands first in PATH",
      "only the client's own program obeys them", quick=True)
def injected_environment(bench):
    sandbox = bench.sandbox(language="bash", resource_limits={"memory_mb": 256})
    built = bench.exec(sandbox, f"""
cat > /tmp/evil.c <<'END'
{EVIL}
END
gcc -shared -fPIC -o /tmp/evil.so /tmp/evil.c && touch /tmp/evil.py /tmp/evil.js
printf '#!/bin/sh\\necho hit >> /home/sandbox/hits\\n' > /tmp/evil.sh
for name in python3 sh bash env stat outpost-init mount; do cp /tmp/evil.sh /tmp/$name; chmod +x /tmp/$name; done
cp /tmp/evil.sh /tmp/evil; chmod +x /tmp/evil.sh; ls -l /tmp/evil.so
""")
    ended(built, "succeeded")
    variables = [[name, value] for name, value in INJECTED.items() if name not in ("LD_AUDIT", "LD_DEBUG", "PATH")]
    plain = bench.exec(sandbox, "print(sum(range(10)))", language="python", env=variables)
    expect(out(plain) == "45\n", plain)
    named = bench.request("POST", f"/{sandbox}/exec", {"command": ["python3", "-c", "print(1)"],
                                                       "env": [["PATH", "/tmp"]]})[1]
    ended(named, "succeeded")
    seen = probe_in(bench, sandbox, """
show([[line.split() for line in open('/home/sandbox/loaded')], open('/home/sandbox/hits').read(), os.getpid()])
""", language="python")
    loaded = [line for line in seen[0] if line[0] == "1" or line[1] != "1000"]
    expect(seen[0] and not loaded, f"the library was loaded by others: {loaded}")
    # A name without a slash is looked for in the PATH that the client set, by the program's own user.
    expect(seen[1] == "hit\n", f"commands of the client's: {seen[1]!r}")
    for pid in (bench.server.process.pid, spawner(bench.server), *agents(bench.server)):
        with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/environ", "rb") as environment:
            expect("evil" not in maps.read(), f"process {pid} has loaded the client's library")
            expect(b"evil" not in environment.read(), f"process {pid} has the client's variables")
    return f"loaded {len(seen[0])} times by the program alone; server, spawner and agents know nothing of it"
