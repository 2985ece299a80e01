# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group F: direct ways out of the sandbox's root, or to more rights on files, tried as both users."""

import glob
import hashlib
import os
import stat

from hostile.case import case, expect
from hostile.groups.kernel_calls import EPERM, try_all
from hostile.host import spawner
from hostile.probe import probe

CLOSED = ("ENOENT", "EACCES", "EPERM", "EROFS")


@case("F06", "hard links to files of the image, of /proc and of /dev", "refused, or a copy of the sandbox's own",
      quick=True)
def hard_links(bench):
    names = ("/usr/bin/env", "/usr/bin/su", "/usr/lib/os-release")
    before = [os.stat(name).st_nlink for name in names]
    refused = ("EPERM", "EXDEV", "EACCES", "EROFS", "ENOENT")
    rows = {}
    for name in (*names, "/etc/passwd", "/dev/null", "/proc/self/status", "/proc/1/status", "/proc/self/exe"):
        allowed = (*refused, "ok") if name.startswith("/etc") else refused
        for place, answers in (("/tmp", allowed), ("/dev/shm", refused)):
            link = place + "/link" + name.replace("/", "-")
            rows[f"{name} as {link}"] = (f"attempt(lambda: os.link({name!r}, {link!r}))", answers)
    seen = try_all(bench, rows)
    # Beside the file itself it is root's, who gets a copy of the whole file for it.
    for user in ("sandbox", "root"):
        probe(bench, f"show([attempt(lambda: os.link(name, name + '-link')) for name in {names!r}])", user)
    expect([os.stat(name).st_nlink for name in names] == before, "the host's files have more links")
    return seen


@case("F17", "overwrite the running executables: the program's, the agent's, the server's", "EACCES, EROFS, ETXTBSY; "
      "the server's bytes as before", quick=True)
def executables(bench):
    before = executable_hashes(bench.server)
    refused = (*CLOSED, "ETXTBSY")
    rows = {}
    for path in ("/proc/self/exe", "/proc/1/exe", "/proc/2/exe", "/proc/self/map_files", "/usr/bin/python3.11"):
        # Root owns the image's files inside; what it opens for writing is a copy of its own.
        copied = ("ok",) if path.startswith(("/usr", "/proc/self/exe", "/proc/2/exe")) else ()
        rows[f"write {path}"] = (
            f"attempt(lambda: open({path!r}, 'r+b').close())", (*refused, "EISDIR", *copied))
    rows["read agent"] = ("attempt(lambda: open('/proc/1/exe', 'rb'))", refused)
    rows["execute agent"] = ("attempt(lambda: os.execv('/proc/1/exe', ['outpost-init', 'guest']))", refused)
    rows["own, by descriptor"] = (
        "attempt(lambda: os.open(f'/proc/self/fd/{os.open(\"/proc/self/exe\", os.O_PATH)}', os.O_WRONLY))",
        (*refused, "ok"))
    seen = try_all(bench, rows)
    # A running file as the sandbox's root, which may write copies only.
    seen_root = probe(bench, """
path = os.path.realpath('/proc/self/exe')
def overwrite():
    with open(path, 'r+b') as file:
        file.write(b'#!/bin/false')
show(attempt(overwrite))
""", "root")
    expect(executable_hashes(bench.server) == before, "an executable of the host changed")
    return f"{seen}; root's own copy: {seen_root}"


def executable_hashes(server) -> list:
    """Of the server, its spawner, and the interpreter that sandboxes run."""
    paths = [f"/proc/{server.process.pid}/exe", f"/proc/{spawner(server)}/exe", "/usr/bin/python3"]
    return [file_hash(path) for path in paths]


def file_hash(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@case("F18", "write the kernel's settings, sysrq, core_pattern, other processes' oom_score_adj", "EROFS or EACCES",
      quick=True)
def kernel_settings(bench):
    before = {path: text(path) for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/vm/swappiness",
                                            "/proc/sys/kernel/hostname", "/proc/sys/net/ipv4/ip_forward")}
    rows = {}
    paths = [*before, "/proc/sys/vm/drop_caches", "/proc/sys/kernel/modprobe", "/proc/sys/fs/binfmt_misc/register",
             "/proc/sys/kernel/ns_last_pid", "/proc/sys/kernel/randomize_va_space",
             "/proc/sys/user/max_user_namespaces", "/proc/sys/net/core/somaxconn",
             "/proc/sysrq-trigger", "/proc/1/oom_score_adj", "/proc/1/mem", "/proc/1/clear_refs", "/proc/kcore",
             "/proc/irq/default_smp_affinity", "/proc/bus/pci/devices", "/proc/mtrr", "/proc/timer_list"]
    for path in paths:
        # What is covered is an empty device there; a write to it is a write to nothing.
        rows[path] = (f"written({path!r})", (*CLOSED, "covered"))
    rows["uid_map"] = ("written('/proc/self/uid_map')", (*CLOSED, "EPERM", "EINVAL"))
    rows["setgroups"] = ("written('/proc/self/setgroups')", (*CLOSED, "EINVAL"))
    # Less than the agent gave it would save it before others when memory runs out.
    rows["own oom_score_adj"] = ("written('/proc/self/oom_score_adj', b'-1000')", CLOSED)
    seen = try_all(bench, rows, """
def written(path, what=b'1'):
    def write():
        with open(path, 'r+b', 0) as file:
            if os.fstat(file.fileno()).st_rdev == os.makedev(1, 3):
                raise OSError(0, 'covered')
            file.write(what)
    outcome = attempt(write)
    return 'covered' if outcome == 'OSError' else outcome
""")
    expect({path: text(path) for path in before} == before, "a setting of the host changed")
    return seen


def text(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read()


@case("F19", "mount, unmount, bind, remount, move, the new mount calls", "EPERM", quick=True)
def mounts(bench):
    calls = {
        "tmpfs": "call('mount', b'none', b'/tmp', b'tmpfs', 0, 0)",
        "proc": "call('mount', b'proc', b'/tmp', b'proc', 0, 0)",
        "sysfs": "call('mount', b'sysfs', b'/tmp', b'sysfs', 0, 0)",
        "cgroup": "call('mount', b'none', b'/tmp', b'cgroup2', 0, 0)",
        "bind": "call('mount', b'/usr', b'/tmp', 0, 4096, 0)",
        "remount": "call('mount', b'none', b'/usr', 0, 32, 0)", "remount bind": "call('mount', 0, b'/dev', 0, 4128, 0)",
        "private": "call('mount', 0, b'/', 0, 1 << 18, 0)", "move": "call('mount', b'/proc', b'/tmp', 0, 8192, 0)",
        "unmount": "call('umount2', b'/proc/kcore', 0)", "unmount lazily": "call('umount2', b'/usr', 2)",
        "open_tree": "call('open_tree', -100, b'/usr', 1)", "fsopen": "call('fsopen', b'tmpfs', 0)",
        "fspick": "call('fspick', -100, b'/', 0)", "fsconfig": "call('fsconfig', 0, 6, 0, 0, 0)",
        "fsmount": "call('fsmount', 0, 0, 0)", "move_mount": "call('move_mount', -100, b'/usr', -100, b'/tmp', 0)",
        "mount_setattr": "call('mount_setattr', -100, b'/usr', 0, bytes(32), 32)",
    }
    rows = {name: (expression, EPERM) for name, expression in calls.items()}
    rows["fusermount"] = ("attempt(lambda: open('/dev/fuse'))", ("ENOENT",))
    return try_all(bench, rows)


@case("F20", "pivot_root, chroot and fchdir, the first process's root and working directory", "EPERM, or the same root",
      quick=True)
def other_roots(bench):
    rows = {
        "pivot_root": ("call('pivot_root', b'.', b'.')", EPERM),
        "chroot": ("call('chroot', b'/tmp')", EPERM),
        "chroot to self": ("call('chroot', b'/proc/self/root')", EPERM),
        "root of pid 1": ("attempt(lambda: os.listdir('/proc/1/root'))", CLOSED),
        "directory of pid 1": ("attempt(lambda: os.listdir('/proc/1/cwd'))", CLOSED),
        "above the root": ("str(os.stat('/..').st_ino == os.stat('/').st_ino)", ("True",)),
        "own root": ("str(os.listdir('/proc/self/root') == os.listdir('/'))", ("True",)),
        "root by thread": ("str(os.listdir('/proc/thread-self/root') == os.listdir('/'))", ("True",)),
        # Where the spawner had built it.
        "stage": ("attempt(lambda: os.stat('/stage'))", ("ENOENT",)),
        "openat2 above": ("""attempt(lambda: os.open('../../../../../../stage', os.O_PATH))""", ("ENOENT",)),
        "working directory": ("str('unreachable' in os.getcwd())", ("False",)),
    }
    return try_all(bench, rows)


@case("F21", "open paths below every inherited descriptor; take descriptors from the agent's channel",
      "there is none above 2", quick=True)
def inherited(bench):
    rows = {
        "descriptors": ("' '.join(str(n) for n in range(65536) if usable(n))", ("0 1 2",)),
        "directories": ("' '.join(str(n) for n in range(1024) if below(n))", ("",)),
        "sockets": ("' '.join(str(n) for n in range(1024) if receives(n))", ("",)),
        "descriptors of pid 1": ("attempt(lambda: os.listdir('/proc/1/fd'))", CLOSED),
        "channel of pid 1": ("attempt(lambda: os.open('/proc/1/fd/3', os.O_RDWR))", CLOSED),
        "pidfd_getfd": ("call('pidfd_getfd', raw(NUMBERS['pidfd_open'], 1, 0), 3, 0)", EPERM),
    }
    return try_all(bench, rows, """
def usable(number):
    try:
        os.fstat(number)
        return True
    except OSError:
        return False
def below(number):
    try:
        os.close(os.open('..', os.O_PATH, dir_fd=number))
        return True
    except OSError:
        return False
def receives(number):
    try:
        with socket.socket(fileno=os.dup(number)) as found:
            found.setblocking(False)
            socket.recv_fds(found, 1, 8)
        return True
    except OSError:
        return False
""")


@case("F22", "open files by handle, without the rights of their directories", "EPERM", quick=True)
def handles(bench):
    before = """
handle = struct.pack('Ii', 8, 1) + struct.pack('II', 2, 0) + bytes(120)
mount = ctypes.c_int()
room = ctypes.create_string_buffer(struct.pack('Ii', 120, 0) + bytes(120))
root = os.open('/', os.O_RDONLY)
"""
    return try_all(bench, {
        "name_to_handle_at": ("call('name_to_handle_at', -100, b'/etc/passwd', room, ctypes.byref(mount), 0)", EPERM),
        "without a directory": ("call('name_to_handle_at', root, b'', room, ctypes.byref(mount), 0x1000)", EPERM),
        "open_by_handle_at": ("call('open_by_handle_at', root, handle, 0)", EPERM),
        "inode 2 for writing": ("call('open_by_handle_at', -100, handle, 2)", EPERM),
    }, before)


@case("F23", "device nodes of disks, memory, KVM and terminals, on every writable file system",
      "EPERM when they are made; only the sandbox's own terminals exist", quick=True)
def device_nodes(bench):
    rows = {}
    for folder in ("/tmp", "/dev/shm", "/home/sandbox", "/dev"):
        for name, mode, major, minor in (
                ("disk", "0o60666", 8, 0), ("memory", "0o20666", 1, 1), ("kvm", "0o20666", 10, 232),
                ("loop", "0o60666", 7, 0), ("console", "0o20666", 5, 1), ("terminals", "0o20666", 5, 2),
                ("tty1", "0o20666", 4, 1), ("fuse", "0o20666", 10, 229)):
            rows[f"{name} in {folder}"] = (
                f"attempt(lambda: os.mknod('{folder}/{name}', {mode}, os.makedev({major}, {minor})))",
                ("EPERM", "EACCES", "EROFS"))
    for name in (
            "kmsg", "mem", "port", "kvm", "fuse", "loop-control", "loop0", "vda", "sda", "tty0", "tty1", "ttyS0", "vcs",
            "console", "pts/0", "net/tun", "vsock", "mapper/control", "input", "dri", "snd", "cpu_dma_latency", "hwrng",
            "rtc", "uinput"):
        rows[f"/dev/{name}"] = (f"attempt(lambda: os.lstat('/dev/{name}'))", ("ENOENT",))
    # The terminal of whoever opens it, and no run has one.
    rows["/dev/tty"] = ("attempt(lambda: os.open('/dev/tty', os.O_RDWR))", ("ENXIO",))
    # A whiteout is the one device that anybody may make; it opens nothing.
    rows["whiteout"] = ("whiteout()", ("EPERM", "EACCES", "ENXIO", "EROFS"))
    return try_all(bench, rows, """
def whiteout():
    made = attempt(lambda: os.mknod('/dev/shm/w', 0o20666, 0))
    return attempt(lambda: open('/dev/shm/w')) if made == 'ok' else made
""")


@case("F24", "programs with the set-user-ID bit: the image's, and one that is made inside",
      "no other user, no capability", quick=True)
def set_user_id(bench):
    modes = {path: os.lstat(path).st_mode for path in glob.glob("/usr/bin/*")}
    own = [path for path, mode in modes.items() if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID)]
    seen = probe(bench, f"""
import shutil, subprocess
def identity(path):
    # The loader shows the identity that the kernel gave the program, unless it was given another one than its caller's.
    shown = subprocess.run([path, '--version'], env={{'LD_SHOW_AUXV': '1'}}, capture_output=True, text=True,
                           stdin=-3).stdout
    return ' '.join(line.split()[1] for line in shown.splitlines() if line.startswith(('AT_EUID', 'AT_EGID',
                                                                                       'AT_SECURE')))
shutil.copy('/usr/bin/cat', '/tmp/cat')
os.chmod('/tmp/cat', 0o6777)
os.chmod('/tmp/cat', 0o6755)
show({{path: identity(path) for path in {own!r} + ['/tmp/cat']}})
""")
    wrong = {path: found for path, found in seen.items() if sorted(found.split()) != ["0", "1000", "1000"]}
    expect(not wrong, f"not an ordinary identity: {wrong}")
    return f"{len(seen)} programs ran as uid and gid 1000, not secure"
