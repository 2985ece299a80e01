# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group D: files that are hard to name, to delete, or to open."""

from hostile.bench import Stopwatch, ended, out
from hostile.case import case, expect
from hostile.groups.disk import command, delete_disk


@case("D04", "directories 10,000 deep, paths far longer than PATH_MAX", "works inside; everything is removed afterwards")
def deep_directories(bench):
    program = """
import os
for level in range(10000):
    os.mkdir('directory-with-a-longer-name')
    os.chdir('directory-with-a-longer-name')
open('bottom', 'w').close()
print('made', flush=True)
"""
    ended(bench.python(program), "succeeded")
    sandbox = bench.sandbox()
    ended(bench.exec(sandbox, program), "succeeded")
    # The next run starts above it, and at its bottom as working directory.
    ended(bench.exec(sandbox, "print(1)"), "succeeded")
    status, answer = bench.request(
        "POST", f"/{sandbox}/exec",
        {"code": "print(1)", "working_dir": "/workspace" + "/directory-with-a-longer-name" * 1000})
    expect(status == 400, f"a working directory beyond PATH_MAX answers {status}: {answer}")
    delete_disk(bench, sandbox)
    return f"10,000 levels twice; a path of 29,000 bytes answers {status}"


NAMES = [b"-rf", b"--help", b"\xff\xfe\x80", b"new\nline", b"\x1b[31mred", "\u202egnp.exe".encode(), b"%00", b"x" * 255,
         b"*", b"$(reboot)", b"`id`", b";", b"|", b"'", b'"', b"\\", b" ", b"...", b"~", b"con", b"\x01\x7f"]


@case("D05", "100,000 entries in a directory; names of options, newlines, escapes, invalid UTF-8, 255 bytes",
      "stored unchanged; deleted with the sandbox; no shell sees them")
def hostile_names(bench):
    sandbox = bench.sandbox(resource_limits={"memory_mb": 256, "disk_mb": 2048})
    names = f"names = {NAMES!r}\n"
    result = bench.exec(sandbox, names + """
import os
os.mkdir('many')
open('many/first', 'w').close()
target = 'many/first'
# An inode takes 65,000 names at most.
for entry in range(100000):
    if entry % 60000 == 59999:
        target = 'many/next-%d' % entry
        open(target, 'w').close()
    os.link(target, 'many/entry-%d' % entry)
for name in names:
    with open(b'/workspace/' + name, 'wb') as file: file.write(name)
    os.mkdir(b'/workspace/in-' + name[:250])
""")
    ended(result, "succeeded")
    result = bench.exec(sandbox, names + """
import os
for name in names:
    assert open(b'/workspace/' + name, 'rb').read() == name, name
print(len(os.listdir('many')) > 100000, set(names) <= set(os.listdir(b'/workspace')))
""")
    ended(result, "succeeded")
    expect(out(result) == "True True\n", result)
    # The same names, given by the client.
    texts = [name.decode() for name in NAMES if name.isascii() or b"gnp" in name]
    result = bench.python(
        "import os\nprint(sorted(os.listdir('given')))",
        files=[{"path": f"given/{text}", "content": text} for text in texts])
    ended(result, "succeeded")
    expect(out(result) == f"{sorted(texts)}\n", result)
    delete_disk(bench, sandbox)
    return f"{len(NAMES)} names unchanged, {len(texts)} of them also sent by a client; gone within 5 s"


@case("D06", "files and directories that nobody may touch: mode 000, immutable, sticky, ACLs, xattrs, set-uid",
      "flags refused; set-uid without effect; deleted with the sandbox", quick=True)
def untouchable_files(bench):
    program = """
import errno, fcntl, os, struct
def attempt(name, call):
    try:
        call()
        print(name, 'done')
    except OSError as error:
        print(name, errno.errorcode[error.errno])
os.mkdir('locked')
os.mkdir('locked/inner')
open('locked/inner/file', 'w').close()
fd = os.open('plain', os.O_CREAT | os.O_RDWR)
attempt('immutable', lambda: fcntl.ioctl(fd, 0x40086602, struct.pack('l', 0x10)))
attempt('append-only', lambda: fcntl.ioctl(fd, 0x40086602, struct.pack('l', 0x20)))
attempt('user.x', lambda: os.setxattr('plain', 'user.x', b'x' * 1000))
attempt('trusted.x', lambda: os.setxattr('plain', 'trusted.x', b'x'))
capability = struct.pack('<IIIII', 0x2000001, 0xffffffff, 0, 0, 0)
attempt('security.capability', lambda: os.setxattr('plain', 'security.capability', capability))
attempt('overlay.opaque', lambda: os.setxattr('locked', 'trusted.overlay.opaque', b'y'))
acl = struct.pack('<I', 2) + b''.join(struct.pack('<HHI', tag, 0, uid) for tag, uid in
    ((1, 0xffffffff), (2, 1000), (4, 0xffffffff), (16, 0xffffffff), (32, 0xffffffff)))
attempt('acl', lambda: os.setxattr('locked', 'system.posix_acl_default', acl))
os.chmod('plain', 0o6755)
os.chmod('locked/inner/file', 0)
os.chmod('locked/inner', 0o1000)
os.chmod('locked', 0)
os.mknod('fifo', 0o10000)
"""
    seen = {}
    sandbox = bench.sandbox()
    for result in (bench.python(program), bench.exec(sandbox, program)):
        ended(result, "succeeded")
        seen = dict(line.split() for line in out(result).splitlines())
        for name in ("immutable", "append-only", "trusted.x", "security.capability", "overlay.opaque"):
            expect(seen[name] != "done", f"{name} was set")
    # Root inside has no capability, so what its owner locked stays locked for it, and the sandbox usable.
    ended(bench.exec(sandbox, "print(1)"), "succeeded")
    delete_disk(bench, sandbox)
    return ", ".join(f"{name} {verdict}" for name, verdict in seen.items())


PLANTED = {
    "FIFO": "os.mkfifo(path)",
    "socket": "import socket; socket.socket(socket.AF_UNIX).bind(path)",
    "link to itself": "os.symlink(path, path)",
    "link to /proc/1/mem": "os.symlink('/proc/1/mem', path)",
    "link to a FIFO": "os.mkfifo(path + '-fifo'); os.symlink(path + '-fifo', path)",
    "link out": "os.symlink('/etc/passwd', path)",
    "directory": "os.makedirs(path + '/inner')",
}


@case("D11", "leave a FIFO, socket, link or directory at the path of the next run's file or program",
      "replaced or refused at once; never opened, never followed")
def planted_files(bench):
    sandbox = bench.sandbox(resource_limits={"timeout_ms": 60_000})
    seen = {}
    for number, (name, plant) in enumerate(PLANTED.items()):
        path = f"/workspace/{number}"
        ended(bench.exec(sandbox, f"import os\npath = {path!r}\n{plant}"), "succeeded")
        watch = Stopwatch()
        status, answer = bench.request(
            "POST", f"/{sandbox}/exec",
            {"code": f"import os, stat\nprint(stat.S_ISREG(os.lstat({path!r}).st_mode), open({path!r}).read())",
             "files": [{"path": path, "content": "mine"}]})
        watch.within(1)
        if status == 200:
            ended(answer, "succeeded")
            expect(out(answer) == "True mine\n", f"{name}: {out(answer)!r}")
            seen[name] = "replaced"
        else:
            expect(status == 400, f"{name}: {status} {answer}")
            seen[name] = "400"
    expect(seen["directory"] == "400", seen)
    # Where the code itself is written, and the directories on the way there.
    for plant in ("os.mkfifo('/workspace/main.py')", "os.symlink('/dev/stdin', '/workspace/main.py')",
                  "os.mkfifo('/home/sandbox/.cache')", "os.mkdir('/workspace/main.py')"):
        bench.exec(sandbox, "import os\nfor path in ('/workspace/main.py', '/home/sandbox/.cache'):\n"
                            "    if os.path.lexists(path): os.rename(path, path + os.urandom(4).hex())\n" + plant)
        watch = Stopwatch()
        status, answer = bench.request("POST", f"/{sandbox}/exec", {"code": "print('mine')"})
        watch.within(1)
        expect(status == 400 or (status == 200 and out(answer) == "mine\n"), f"{plant}: {status} {answer}")
        if status == 400:
            ended(command(bench, sandbox, "mv", "/workspace/main.py", "/tmp"), "succeeded")
    return ", ".join(f"{name} {outcome}" for name, outcome in seen.items())
