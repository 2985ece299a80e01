# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group L: what a sandbox is told of the host, and of others by name."""

import contextlib
import http.client
import json
import os
import platform
import re
import secrets
import socket
import statistics
import subprocess
import time

from hostile.bench import out
from hostile.case import HANG_SECONDS, Failure, case, expect
from hostile.groups.kernel_calls import try_all
from hostile.host import Background, in_runs, spawner, wait_for
from hostile.probe import probe, probe_in, program, report

CLOSED = ("ENOENT", "EACCES", "EPERM")
SIZE = """
def content(path):
    # What can be read of a file or a directory; `empty` when it is covered.
    try:
        if os.path.isdir(path):
            return 'empty' if not os.listdir(path) else 'visible'
        with open(path, 'rb') as file:
            return 'empty' if not file.read(1) else 'visible'
    except OSError as error:
        return name_of(error.errno)
"""


@case("L01", "kernel symbols, memory, modules, build configuration", "absent, closed or empty; the release may show",
      quick=True)
def kernel_image(bench):
    names = ("kallsyms", "kcore", "modules", "config.gz", "kpagecount", "kpageflags", "kpagecgroup", "vmallocinfo",
             "slabinfo",
             "pagetypeinfo", "cmdline", "bootconfig", "kmem", "sys/kernel/kptr_restrict/x")
    rows = {name: (f"content('/proc/{name}')", (*CLOSED, "empty", "ENOTDIR")) for name in names}
    rows |= {path: (f"content({path!r})", CLOSED) for path in ("/boot", "/lib/modules", "/dev/mem", "/dev/kmem",
                                                               "/vmlinuz",
                                                                "/usr/src/linux", "/sys/kernel/btf/vmlinux")}
    rows["release"] = ("os.uname().release", (platform.release(),))
    rows["host's name"] = (f"str({socket.gethostname()!r} == os.uname().nodename)", ("False",))
    return try_all(bench, rows, SIZE)


@case("L02", "the kernel's log by syslog, /dev/kmsg and /proc/kmsg", "EPERM or absent", quick=True)
def kernel_log(bench):
    rows = {f"syslog {action}": (f"call('syslog', {action}, ctypes.create_string_buffer(4096), 4096)", ("EPERM",))
            for action in (0, 2, 3, 4, 5, 9, 10)}
    rows |= {path: (f"content({path!r})", (*CLOSED, "empty")) for path in ("/dev/kmsg", "/proc/kmsg", "/var/log/syslog",
                                                                           "/var/log/kern.log", "/run/log")}
    return try_all(bench, rows, SIZE)


@case("L03", "/sys except for the list of processors, and files of /proc about firmware, interrupts, timers, schedulers, power",
      "absent or covered",
      quick=True)
def host_devices(bench):
    rows = {path: (f"content({path!r})", (*CLOSED, "empty")) for path in (
        "/sys/class", "/sys/firmware", "/sys/block", "/sys/kernel/debug", "/sys/class/powercap",
        "/sys/devices/virtual/dmi/id", "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/softirqs",
        "/proc/timer_list",
        "/proc/sched_debug", "/proc/latency_stats", "/proc/locks", "/proc/keys", "/proc/key-users", "/proc/scsi", "/proc/timer_stats",
        "/proc/kcore", "/debug", "/proc/sys/kernel/cad_pid", "/dev/cpu", "/dev/disk", "/dev/mapper")}
    rows["/sys"] = ("str([name for top, _, names in os.walk('/sys') if 'cgroup' not in top for name in sorted(names)])",
                    ("['online', 'possible', 'present']",))
    return try_all(bench, rows, SIZE)


# Reads whatever it may of /proc and says which of the words it found where.
SEARCH = """
words = {words!r}
found, files, size = set(), 0, 0
for top, folders, names in os.walk('/proc'):
    folders[:] = [name for name in folders if name not in ('task', 'map_files', 'cwd', 'root')]
    for name in names:
        path = os.path.join(top, name)
        if os.path.islink(path):
            try: text = os.readlink(path).encode()
            except OSError: continue
        else:
            try:
                descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            except OSError: continue
            try: text = b'' if name in ('mem', 'pagemap', 'environ',
                                        'cmdline') and 'self' in path else os.read(descriptor, 1 << 20)
            except OSError: text = b''
            os.close(descriptor)
        files, size = files + 1, size + len(text)
        for word in words:
            if word.encode() in text: found.add(f'{word} in {path}')
show([sorted(found), files, size])
"""


def busy_tenant(bench, mark: str):
    """A sandbox that has `mark` wherever a program can put a name, for as long as it takes to send its run SIGUSR1."""
    sandbox = bench.sandbox(name=mark[:40], metadata={"note": mark}, env=[["MARK", mark]])
    running = Background(bench.exec, sandbox, program(f"""
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
libc.prctl(15, b'{mark[:15]}', 0, 0, 0)
held = [open('/tmp/{mark}', 'w'), socket.socket(socket.AF_UNIX), open('/dev/shm/{mark}', 'w')]
held[1].bind('\\0{mark}')
held[1].listen()
os.makedirs('/home/sandbox/{mark}')
os.chdir('/home/sandbox/{mark}')
import fcntl
fcntl.flock(held[0], fcntl.LOCK_EX)
child = os.fork()
if child == 0: os.execv('/usr/bin/sleep', ['{mark}', '600'])
open('/dev/shm/ready', 'w').close()
signal.sigwait([signal.SIGUSR1])
os.kill(child, signal.SIGKILL)
"""), args=[mark])
    pids = []

    def find() -> bool:
        pids[:] = [pid for pid in in_runs(bench.server) if os.path.exists(f"/proc/{pid}/root/dev/shm/ready")]
        return bool(pids) or running.is_over()

    wait_for(find, "the busy tenant does not come")
    # The one that waits for the signal may have been looked at before it was ready, and its child after.
    find()
    expect(pids, "the busy tenant has ended")
    return sandbox, running, pids


def end_tenant(running, pids: list) -> None:
    for pid in pids:
        # The child ends as soon as its parent hears this.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 10)
    result = running.result()
    expect(result["status"] == "succeeded", result)


@case("L04", "everything in /proc that can be read, while another tenant is busy",
      "no name of another tenant or of the host",
      quick=True)
def names_in_proc(bench):
    mark = "m" + secrets.token_hex(7)
    sandbox, running, pids = busy_tenant(bench, mark)
    words = [mark, sandbox, bench.server.data, os.path.basename(os.path.dirname(bench.server.data)),
             socket.gethostname(),
             "outpost-"]
    # A name that is a word of the language says nothing.
    words = [word for word in words if len(word) > 4]
    found, files, size = probe(bench, SEARCH.replace("{words!r}", repr(words)))
    end_tenant(running, pids)
    expect(not found, f"found: {found[:6]}")
    return f"{files} files and links, {size >> 10} KiB, none of {len(words)} names"


@case("L05", "hostname, machine id, boot id, hardware address, mount sources, cgroup path",
      "made up; no path or id of the host",
      quick=True)
def identity(bench):
    seen = probe(bench, """
def read(path):
    try: return open(path).read().strip()
    except OSError as error: return name_of(error.errno)
show({'hostname': socket.gethostname(), 'machine id': read('/etc/machine-id'),
      'boot id': read('/proc/sys/kernel/random/boot_id'),
      'cgroups': sorted({line.split(':', 2)[2] for line in read('/proc/self/cgroup').splitlines()}),
      'mounts': read('/proc/self/mountinfo'), 'links': sorted(name for _, name in socket.if_nameindex()),
      'addresses': read('/proc/net/dev').count(':'), 'dbus': read('/var/lib/dbus/machine-id'),
      'uuid': read('/sys/class/dmi/id/product_uuid')})
""")
    machine = file_text("/etc/machine-id")
    expect(seen["hostname"] != socket.gethostname() and (not machine or seen["machine id"] != machine), seen)
    expect(seen["cgroups"] == ["/"] and seen["links"] == ["lo"], seen)
    expect(seen["dbus"] in CLOSED and seen["uuid"] in CLOSED, seen)
    for word in (bench.server.data, os.path.dirname(bench.server.data), "sandboxes", "rootfs", "/data", "sbx_"):
        expect(word not in seen["mounts"], f"{word} in mountinfo")
    expect(seen["boot id"] != file_text("/proc/sys/kernel/random/boot_id"), "the host's boot id is told")
    return "hostname, machine id, boot id, cgroup path and mounts tell nothing of the host"


def file_text(path: str) -> str:
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


@case("L06", "environment of the server and of others, processes of the host and of other sandboxes", "not visible",
      quick=True)
def processes(bench):
    _, running, pids = busy_tenant(bench, "p" + secrets.token_hex(7))
    strangers = [1, 2, os.getpid(), bench.server.process.pid, spawner(bench.server), *pids]
    seen = probe(bench, f"""
mine = [os.getpid(), os.getppid()]
reached = {{}}
for pid in {strangers!r}:
    if pid in mine: continue
    for name in ('environ', 'cmdline', 'status', 'root', 'cwd', 'fd', 'maps', 'exe', 'ns/pid'):
        path = f'/proc/{{pid}}/{{name}}'
        outcome = attempt(lambda: os.readlink(path) if name in ('root', 'cwd', 'exe', 'ns/pid') else
                          os.listdir(path) if name == 'fd' else open(path, 'rb').read())
        if outcome not in ('ENOENT', 'ESRCH', 'EACCES', 'EPERM'): reached[path] = outcome
listed = [int(name) for name in os.listdir('/proc') if name.isdigit()]
signalled = [pid for pid in range(2, 70000) if pid not in listed and attempt(lambda: os.kill(pid, 0)) not in ('ESRCH',)]
show([reached, len(listed), signalled, [key for key in os.environ if 'OUTPOST' in key]])
""")
    end_tenant(running, pids)
    expect(seen[0] == {} and seen[1] == 1 and seen[3] == [], seen)
    # A thread's number answers as well as a process's; this program has one.
    expect(seen[2] == [], f"processes that answer: {seen[2][:5]}")
    return "one process listed, none of 70,000 others answers, no variable of the server's"


@case("L07", "look for what a run before left: files, shared memory, disk blocks of a deleted sandbox, memory",
      "nothing is found",
      quick=True)
def leftovers(bench):
    mark = secrets.token_hex(16)
    plant = f"""
mark = '{mark}'
for folder in ('/tmp', '/var/tmp', '/dev/shm', '/home/sandbox', '/workspace', '.'):
    with open(os.path.join(folder, 'left'), 'w') as file: file.write(mark * 1000)
with open('/home/sandbox/big', 'w') as file:
    for _ in range(600): file.write(mark * 1024)
    file.flush()
    os.fsync(file.fileno())
segment = raw(NUMBERS['shmget'], 0x4f555450, 4096, 0o1666)
queue = raw(NUMBERS['msgget'], 0x4f555450, 0o1666)
held = bytearray((mark * 100000).encode())
"""
    look = f"""
found = []
for top, folders, names in os.walk('/'):
    folders[:] = [name for name in folders if os.path.join(top, name) not in ('/proc', '/usr', '/dev/fd')]
    found += [os.path.join(top, name) for name in names if name in ('left', 'big')]
shared = [attempt_raw for attempt_raw in (raw(NUMBERS['shmget'], 0x4f555450, 0, 0), raw(NUMBERS['msgget'], 0x4f555450,
                                                                                        0))]
counted = [len(open('/proc/sysvipc/' + name).readlines()) for name in ('shm', 'msg', 'sem')]
# Blocks that were never written, of the disk and of memory.
stale = False
with open('/home/sandbox/blocks', 'w+b') as file:
    os.posix_fallocate(file.fileno(), 0, 48 << 20)
    while part := file.read(1 << 20): stale = stale or any(part)
memory = ctypes.CDLL(None).malloc
memory.restype = ctypes.c_void_p
stale_memory = any(ctypes.string_at(memory(32 << 20), 32 << 20))
show([found, shared, counted, stale, stale_memory])
"""
    nothing = [[], [-1, -1], [1, 1, 1], False, False]
    for _ in range(2):
        probe(bench, plant + "show(0)")
        seen = probe(bench, look)
        expect(seen == nothing, f"after an ephemeral run: {seen}")
    first = bench.sandbox(resource_limits={"disk_mb": 96})
    probe_in(bench, first, plant + "show(0)")
    bench.request("DELETE", f"/{first}")
    bench.sandboxes.remove(first)
    seen = probe_in(bench, bench.sandbox(resource_limits={"disk_mb": 96}), look)
    expect(seen == nothing, f"after a deleted sandbox: {seen}")
    return "no file, segment, queue, disk block or page of the run before"


@case("L08", "answers of different sizes in turn: bytes of one in another, padding, reused buffers",
      "each has only its own bytes")
def answers(bench):
    marks = [secrets.token_hex(8) for _ in range(8)]
    count = 0
    for turn in range(5):
        results = []
        for index, mark in enumerate(marks):
            size = (1, 15, 63, 4096, 65_537, 200_000, 7, 300)[index] + turn
            results.append((mark, size, Background(
                bench.python,
                f"import sys\nsys.stdout.write('{mark}' * {size})\nsys.stderr.write('{mark}'[:{turn}])",
                resource_limits={"max_output_bytes": 4 << 20})))
        for mark, size, call in results:
            answer = call.result()
            expect(out(answer) == mark * size and answer["stderr"] == mark[:turn], "an answer is not what was written")
            text = json.dumps(answer)
            expect(not any(other in text for other in marks if other != mark), "an answer has another's bytes")
            count += 1
    for path in ("/sbx_000000000000", "/nothing", "/sbx_000000000000/exec"):
        text = repr(bench.request("GET", path))
        expect(not any(mark in text for mark in marks), "an error has a program's bytes")
    return f"{count} answers of 16 bytes to 3 MB side by side"


@case("L12", "the host's protection against Spectre and similar attacks", "doctor tells mitigations, SMT, KSM and swap",
      quick=True)
def posture(bench):
    done = subprocess.run([bench.server.program, "doctor", "--json"], capture_output=True, text=True, timeout=60,
                          check=False)
    names = " ".join(check["name"].lower() for check in json.loads(done.stdout))
    missing = [word for word in ("smt", "ksm", "swap", "vulnerabilities") if word not in names]
    expect(not missing, f"doctor says nothing of {missing}: {names}")
    return "doctor reports all four"


@case("L13", "another tenant's id and an id that never existed: body, status, time", "the same", quick=True)
def existence(bench):
    name = f"other{secrets.token_hex(4)}"
    status, token = bench.server.request("POST", "/auth/v1/pat", {"name": name, "namespace": name})
    expect(status == 201, f"{status}: {token}")
    sandbox = bench.sandbox()
    absent = "sbx_" + secrets.token_hex(6)
    bodies = {sandbox: set(), absent: set()}
    # What tells something tells it each time; noise does not.
    for _ in range(5):
        middle = existence_times(bench, token["token"], f"/auth/v1/seed/{name}/sandbox", bodies)
        if 0.8 < middle[sandbox] / middle[absent] < 1.25:
            break
    else:
        raise Failure(f"medians {middle[sandbox] * 1e6:.0f} and {middle[absent] * 1e6:.0f} µs")
    bench.server.request("DELETE", f"/auth/v1/pat/{name}")
    expect(bodies[sandbox] == bodies[absent] and {entry[0] for entry in bodies[absent]} == {404}, bodies)
    expect(bench.request("GET", f"/{sandbox}")[0] == 200, "the sandbox is gone")
    return f"404 in the same words; medians {middle[sandbox] * 1e6:.0f} and {middle[absent] * 1e6:.0f} µs"


def existence_times(bench, token: str, path: str, bodies: dict) -> dict:
    """The median seconds of calls by id, taken by turns; `bodies` gets what the answers say."""
    times = {identifier: [] for identifier in bodies}
    for _ in range(150):
        for identifier, seen in bodies.items():
            for method, suffix, body in (("GET", "", None), ("POST", "/exec", {"code": ""}), ("DELETE", "", None)):
                started = time.monotonic()
                status, answer = as_tenant(bench, token, method, f"{path}/{identifier}{suffix}", body)
                times[identifier].append(time.monotonic() - started)
                text = json.dumps(answer).replace(identifier, "ID")
                seen.add((status, method, re.sub(r"req_[0-9a-f]{12}", "REQ", text)))
    return {key: statistics.median(values) for key, values in times.items()}


def as_tenant(bench, token: str, method: str, path: str, body):
    """The status and the body of a call with another token."""
    connection = http.client.HTTPConnection("127.0.0.1", bench.server.port, timeout=HANG_SECONDS)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text)


@case("L14", "/proc/self: maps, stack, wchan, pagemap, syscall, mountstats, timens_offsets",
      "no kernel address, no path of the "
      "host, no page number", quick=True)
def own_process(bench):
    seen = probe(bench, """
def read(name):
    try: return open('/proc/self/' + name).read()
    except OSError as error: return name_of(error.errno)
page = ctypes.create_string_buffer(4096)
def frame():
    try:
        with open('/proc/self/pagemap', 'rb', 0) as file:
            file.seek(ctypes.addressof(page) // 4096 * 8)
            return struct.unpack('Q', file.read(8))[0] & ((1 << 55) - 1)
    except OSError: return 0
names = ('maps', 'smaps', 'stack', 'wchan', 'syscall', 'mountstats', 'mountinfo', 'mounts', 'timens_offsets', 'stat',
         'auxv',
         'personality', 'numa_maps', 'sched', 'schedstat', 'timers', 'io', 'arch_status', 'attr/current', 'patch_state')
def readable(name):
    try: return open('/proc/self/' + name, 'rb').read().decode('latin-1')
    except OSError as error: return name_of(error.errno)
show([{name: readable(name) for name in names}, frame()])
""")
    texts, frame = seen
    for name, text in texts.items():
        # The emulated page of old time calls is at the same address on every machine.
        shown = text.replace("ffffffffff600000", "").replace("ffffffffff601000", "")
        expect(not re.search(r"\bffff[0-9a-f]{12}\b", shown), f"an address of the kernel in {name}: {text[:200]}")
        for word in (bench.server.data, os.path.dirname(bench.server.data), "/data/", "rootfs", "outpost"):
            expect(word not in shown, f"{word} in {name}")
    expect(frame == 0, f"the page's frame number is told: {frame:#x}")
    expect(texts["stack"] in ("EACCES", "EPERM", "ENOENT", ""), f"stack: {texts['stack'][:100]!r}")
    return f"{len(texts)} files without an address of the kernel or a path of the host; frame numbers are 0"
