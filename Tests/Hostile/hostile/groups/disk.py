# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group D: what a program does to fill or slow the disk. Strange names and files are in disk_names.

Of D12 the limit for a whole namespace is in Q03. Nothing evicts sandboxes by their last use: they expire.
"""

import concurrent.futures
import json
import os

from hostile.bench import Stopwatch, ended, errors, out
from hostile.case import case, expect
from hostile.groups.file_calls import Files
from hostile.host import platform_seconds, wait_for

MIB = 1 << 20

FILL = """
import errno, os, sys
size = 0
os.mkdir(sys.argv[1] + '/fill')
try:
    while True:
        # Short of the largest file allowed.
        with open(sys.argv[1] + '/fill/%d' % size, 'wb', buffering=0) as file:
            while file.tell() < 8 << 20: size += file.write(b'x' * 262144)
except OSError as error:
    print(errno.errorcode[error.errno], size)
    sys.exit(1)
"""


# A disk goes as a whole, whatever is on it: who walks through what a sandbox wrote spends more.
DELETE_SECONDS = 3


def delete_disk(bench, sandbox: str) -> None:
    """Deletes a sandbox and waits until its directory on the host is gone; fails when that is much work."""
    before = platform_seconds(bench.server)
    status, answer = bench.request("DELETE", f"/{sandbox}")
    expect(status == 204, f"delete answered {status}: {answer}")
    bench.sandboxes.remove(sandbox)
    own = os.path.join(bench.server.data, "sandboxes", sandbox)
    wait_for(lambda: not os.path.exists(own), "the directory of a deleted sandbox stays")
    spent = platform_seconds(bench.server) - before
    expect(spent <= DELETE_SECONDS, f"the deletion took {spent:.1f} s of processor time")


def command(bench, sandbox: str, *words: str) -> dict:
    """Runs an argument vector in a sandbox and returns the execution."""
    status, answer = bench.request("POST", f"/{sandbox}/exec", {"command": list(words)})
    expect(status == 200, f"exec of {words} answered {status}: {answer}")
    return answer


def can_still_write(bench) -> None:
    """The server's database takes a record, and another sandbox a file."""
    other = bench.sandbox()
    ended(bench.exec(other, "open('/workspace/x', 'wb').write(b'x' * (1 << 20))"), "succeeded")


@case("D01", "write until the disk is full: working directory, home, /tmp, /dev/shm, over /usr; as user and as root",
      "ENOSPC at the quota, disk_full; the server can still write", quick=True)
def write_until_full(bench):
    limits = {"memory_mb": 256, "disk_mb": 24}
    seen = []
    places = [("/workspace", "sandbox"), ("/home/sandbox", "sandbox"), ("/tmp", "sandbox"), ("/usr/lib", "root"),
              ("/etc", "root")]
    for place, user in places:
        result = bench.python(FILL, args=[place], resource_limits=limits, security={"user": user})
        reason, size = out(result).split()
        expect(reason in ("ENOSPC", "EDQUOT") and int(size) <= 24 * MIB, f"{place}: {reason} after {size} bytes")
        ended(result, "disk_full")
        seen.append(f"{place} {int(size) / MIB:.1f}")
    # Not the disk: a file system of half the memory.
    result = bench.python(FILL, args=["/dev/shm"], resource_limits=limits)
    expect(out(result).split()[0] == "ENOSPC" and int(out(result).split()[1]) <= 128 * MIB, result)
    sandbox = bench.sandbox(resource_limits=limits)
    result = bench.exec(sandbox, FILL, args=["/workspace"])
    expect(out(result).startswith("ENOSPC"), result)
    ended(result, "disk_full")
    seen.append(f"stateful {int(out(result).split()[1]) / MIB:.1f}")
    # Its owner can make room again without a place for code.
    ended(command(bench, sandbox, "rm", "-r", "/workspace/fill"), "succeeded")
    ended(bench.exec(sandbox, "open('/workspace/x', 'wb').write(b'x' * (1 << 20))"), "succeeded")
    can_still_write(bench)
    return "MiB of 24: " + ", ".join(seen)


@case("D02", "make empty files until there are no inodes",
      "ENOSPC, disk_full; the cleanup takes at most 5 s, outside the request")
def inode_exhaustion(bench):
    program = """
import os, sys
os.makedirs('/workspace/many')
os.chdir('/workspace/many')
count = 0
try:
    while count < 1000000:
        os.close(os.open(str(count), os.O_CREAT | os.O_WRONLY))
        count += 1
except OSError as error:
    print(error.errno, count)
    sys.exit(1)
print(0, count)
"""
    seen = []
    for mode in ("ephemeral", "stateful"):
        if mode == "ephemeral":
            result = bench.python(program)
        else:
            sandbox = bench.sandbox()
            result = bench.exec(sandbox, program)
        number, count = (int(word) for word in out(result).split())
        expect(number == 28 and count < 200_000, f"{mode}: errno {number} after {count} files")
        ended(result, "disk_full")
        seen.append(f"{mode} {count}")
    delete_disk(bench, sandbox)
    return "files: " + ", ".join(seen)


@case("D03", "make a sparse file of 8 EiB, and one of the largest allowed size; list, download, snapshot and fork that",
      "EFBIG above disk_mb; holes cost nothing on the disk and in a snapshot; the bytes of a download are those of the file",
      quick=True)
def sparse_files(bench):
    program = """
import errno, os
for name, size in (('8EiB', (1 << 63) - 1), ('1TiB', 1 << 40), ('64MiB', 64 << 20)):
    fd = os.open('/workspace/' + name, os.O_CREAT | os.O_RDWR)
    try:
        os.ftruncate(fd, size)
        print(name, 'done')
    except OSError as error:
        print(name, errno.errorcode[error.errno])
    try:
        os.pwrite(fd, b'x', size - 1)
        print(name, 'written')
    except OSError as error:
        print(name, errno.errorcode[error.errno])
"""
    limits = {"memory_mb": 64, "disk_mb": 64}
    sandbox = bench.sandbox(resource_limits=limits)
    for result in (bench.python(program, resource_limits=limits), bench.exec(sandbox, program)):
        ended(result, "succeeded")
        expect(out(result) == "8EiB EFBIG\n8EiB EFBIG\n1TiB EFBIG\n1TiB EFBIG\n64MiB done\n64MiB written\n", result)
    # What is left of it does not stand in the way of the next run.
    ended(bench.exec(sandbox, "import os\nfor n in ('8EiB', '1TiB'): os.unlink('/workspace/' + n)"), "succeeded")
    status, snapshot = bench.request("POST", f"/{sandbox}/snapshot", {})
    expect(status == 201 and snapshot["size_bytes"] < 4 * MIB, snapshot)
    status, forks = bench.request("POST", f"/{sandbox}/fork", {})
    expect(status == 201, forks)
    bench.sandboxes.append(forks["data"][0]["id"])
    for one in (sandbox, forks["data"][0]["id"]):
        files = Files(bench, one)
        status, listed = files.file("GET", "/workspace", "?list")
        expect([(entry["name"], entry["size"]) for entry in json.loads(listed)["data"]] == [("64MiB", 64 * MIB)], listed)
        status, content = files.file("GET", "64MiB")
        expect(status == 200 and len(content) == 64 * MIB and content.strip(b"\0") == b"x", (status, len(content)))
    expect(bench.request("DELETE", f"/snapshots/{snapshot['id']}")[0] == 204, "not deleted")
    return f"EFBIG, EFBIG; 64 MiB of hole, listed and downloaded twice, {snapshot['size_bytes']} bytes in a snapshot"


@case("D07", "hold a deleted file of 400 MiB open in a daemon, again and again", "freed with the run", quick=True)
def deleted_but_open(bench):
    sandbox = bench.sandbox(resource_limits={"memory_mb": 128, "disk_mb": 512})
    for _ in range(4):
        result = bench.exec(
            sandbox,
            "import os, time\n"
            "fd = os.open('/workspace/big', os.O_CREAT | os.O_RDWR)\n"
            "os.posix_fallocate(fd, 0, 400 << 20)\n"
            "os.unlink('/workspace/big')\n"
            "if os.fork() == 0:\n"
            "    os.setsid()\n"
            "    time.sleep(600)\n"
            "print('held')")
        ended(result, "succeeded")
        expect(out(result) == "held\n", result)
    return "4 × 400 MiB on a disk of 512 MiB"


@case("D08", "get blocks in other ways: fallocate, FITRIM, FIEMAP, quotactl, FICLONE, project ids, swap files",
      "the quota holds, or the call is refused", quick=True)
def other_doors(bench):
    program = """
import ctypes, errno, fcntl, os, struct
libc = ctypes.CDLL(None, use_errno=True)
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_long, ctypes.c_long]
def attempt(name, call):
    try:
        value = call()
        if value == -1: raise OSError(ctypes.get_errno(), name)
        print(name, 'done')
    except OSError as error:
        print(name, errno.errorcode[error.errno])
fd = os.open('/workspace/a', os.O_CREAT | os.O_RDWR)
other = os.open('/tmp/b', os.O_CREAT | os.O_RDWR)
os.write(fd, b'x' * 4096)
attempt('fallocate', lambda: libc.fallocate(fd, 0, 0, 60 << 20))
attempt('fallocate-keep-size', lambda: libc.fallocate(fd, 1, 0, 60 << 20))
attempt('FITRIM', lambda: fcntl.ioctl(fd, 0xc0185879, struct.pack('QQQ', 0, 1 << 62, 0)))
fiemap = bytearray(struct.pack('QQIIII', 0, 1 << 62, 0, 0, 8, 0) + bytes(512))
attempt('FIEMAP', lambda: fcntl.ioctl(fd, 0xc020660b, fiemap))
attempt('FICLONE', lambda: fcntl.ioctl(other, 0x40049409, fd))
attempt('FICLONE-usr', lambda: fcntl.ioctl(fd, 0x40049409, os.open('/usr/bin/python3', os.O_RDONLY)))
attempt('FIFREEZE', lambda: fcntl.ioctl(fd, 0xc0045877, 0))
attempt('EXT4-resize', lambda: fcntl.ioctl(fd, 0x40086610, struct.pack('Q', 1 << 30)))
attempt('EXT4-shutdown', lambda: fcntl.ioctl(fd, 0x8004587d, struct.pack('I', 2)))
attempt('project-id', lambda: fcntl.ioctl(fd, 0x401c5820, struct.pack('IIIII8x', 0, 0, 0, 7, 0)))
attempt('quotactl', lambda: libc.syscall(179, 0x80000700, b'/dev/loop0', 0, ctypes.create_string_buffer(256)))
attempt('swapon', lambda: libc.syscall(167, b'/workspace/a', 0))
print('used', os.statvfs('/workspace').f_blocks * os.statvfs('/workspace').f_frsize >> 20)
"""
    limits = {"memory_mb": 128, "disk_mb": 32}
    refused = {"fallocate", "fallocate-keep-size", "FITRIM", "FICLONE", "FICLONE-usr", "FIFREEZE", "EXT4-resize",
               "EXT4-shutdown", "quotactl", "swapon"}
    sandbox = bench.sandbox(resource_limits=limits)
    for result in (bench.python(program, resource_limits=limits), bench.exec(sandbox, program)):
        expect(result["status"] in ("succeeded", "disk_full"), result)
        seen = dict(line.split() for line in out(result).splitlines())
        expect(len(seen) == 13 and int(seen.pop("used")) <= 32, seen)
        allowed = sorted(name for name in refused if seen[name] == "done")
        expect(not allowed, f"allowed: {allowed}")
    ended(bench.exec(sandbox, "open('/workspace/x', 'w').write('x')"), "succeeded")
    return ", ".join(f"{name} {verdict}" for name, verdict in seen.items())


@case("D10", "load the disk: synchronous 4 KiB writes, O_DIRECT, renames",
      "limited by the run's time; the neighbour is not slowed", loads_host=True)
def storm(bench):
    sandbox = bench.sandbox(resource_limits={"memory_mb": 128, "timeout_ms": 5000})
    watch = Stopwatch()
    result = bench.exec(sandbox, """
import mmap, os
page = mmap.mmap(-1, 4096)
children = []
def synchronous():
    fd = os.open('sync', os.O_CREAT | os.O_WRONLY | os.O_SYNC)
    while True: os.pwrite(fd, page, 0)
def direct():
    fd = os.open('direct', os.O_CREAT | os.O_WRONLY | os.O_DIRECT)
    at = 0
    while True:
        os.pwrite(fd, page, at)
        at = (at + 4096) % (64 << 20)
def renames():
    open('a', 'w').close()
    while True:
        os.rename('a', 'b')
        os.rename('b', 'a')
def flush():
    while True: os.sync()
for attack in (synchronous, direct, renames, flush):
    if os.fork() == 0: attack()
os.wait()
""")
    watch.within(5)
    expect(errors(result) == "", result)
    return ended(result, "timed_out")


@case("D09", "write one file from two runs at the same time, and write a program while it runs",
      "each run starts; the file is from one of the two, never mixed; nobody can write a running program (ETXTBSY)")
def writes_side_by_side(bench):
    sandbox = bench.sandbox(resource_limits={"memory_mb": 128})
    program = ("text = open('/workspace/shared').read()\n"
               "print(len(text), *sorted(set(text)))")

    def write(letter):
        return bench.exec(sandbox, program, concurrent=True,
                          files=[{"path": "/workspace/shared", "content": letter * 4 * MIB}])

    with concurrent.futures.ThreadPoolExecutor(2) as clients:
        for result in clients.map(write, "ab" * 25):
            ended(result, "succeeded")
            expect(out(result) in (f"{4 * MIB} a\n", f"{4 * MIB} b\n"), f"torn: {out(result)!r}")
    result = bench.exec(sandbox, """
import errno, os, shutil, subprocess
shutil.copy('/usr/bin/sleep', 'sleep')
running = subprocess.Popen(['./sleep', '1'])
try: os.write(os.open('sleep', os.O_WRONLY), b'x')
except OSError as error: print(errno.errorcode[error.errno])
running.kill()
""")
    ended(result, "succeeded")
    expect(out(result) == "ETXTBSY\n", result)
    return "50 runs in pairs, no file mixed; ETXTBSY"


@case("D12", "write and delete in one sandbox, run after run; sandboxes that nobody deletes",
      "the host's blocks stay within disk_mb; an expired sandbox is deleted with its disk")
def no_growth(bench):
    sandbox = bench.sandbox(resource_limits={"memory_mb": 64, "disk_mb": 32})
    own = os.path.join(bench.server.data, "sandboxes", sandbox)
    program = ("import os\nwith open('/workspace/{0}', 'wb') as file:\n    file.write(b'x' * (20 << 20))\n"
               "    os.fsync(file.fileno())\nos.unlink('/workspace/{0}')")
    for attempt in range(60):
        ended(bench.exec(sandbox, program.format(attempt)), "succeeded")
    used = sum(os.stat(os.path.join(own, name)).st_blocks * 512 for name in os.listdir(own))
    expect(used <= 33 * MIB, f"{used} bytes on the host for a disk of 32 MiB")
    expiring = [bench.sandbox(ttl_secs=2) for _ in range(3)]
    for one in expiring:
        ended(bench.exec(one, "open('x', 'wb').write(b'x' * (1 << 20))"), "succeeded")
    disks = [os.path.join(bench.server.data, "sandboxes", one) for one in expiring]
    wait_for(lambda: not any(map(os.path.exists, disks)), "the disk of a sandbox past its time stays")
    for one in expiring:
        expect(bench.request("GET", f"/{one}")[0] == 404, "a sandbox past its time is still there")
        bench.sandboxes.remove(one)
    return f"{used / MIB:.1f} MiB after writing 1.2 GiB; 3 expired and gone"
