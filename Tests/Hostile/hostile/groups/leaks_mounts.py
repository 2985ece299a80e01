# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group L: what the sandbox's own mounts uncover. Not in the catalogue: found while `strict` was looked through."""

from hostile.case import case, expect
from hostile.groups.kernel_posture import HIDDEN
from hostile.host import Background
from hostile.probe import program, report

LOOK = """
def is_visible(path):
    try:
        if os.path.isdir(path):
            return bool(os.listdir(path))
        with open(path, 'rb') as file:
            return bool(file.read(1))
    except OSError:
        return False
def is_writable(path):
    return attempt(lambda: os.close(os.open(path, os.O_WRONLY))) == 'ok'
show({'seen': [name for name in HIDDEN if is_visible('/proc/' + name)],
      'written': [path for path in ('/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger', '/proc/sys/vm/drop_caches',
                                    '/proc/irq/default_smp_affinity') if is_writable(path)]})
"""
DIRECTORIES = ("/proc", "/proc/1", "/proc/self", "/proc/sys", "/proc/irq", "/proc/acpi", "/dev", "/dev/shm", "/",
               "/usr", "/sys")


@case("L15", "make a part of /proc, /dev or / the working directory, which the preset strict mounts again",
      "refused, or covered files stay covered and read-only ones stay read-only", quick=True)
def working_directory_uncovers(bench):
    code = program(f"HIDDEN = {HIDDEN.split()!r}" + LOOK)
    refused, wrong = 0, {}
    for user in "sandbox", "root":
        for directory in DIRECTORIES:
            # Without code of its own, which would have to be written there.
            status, answer = bench.request("POST", "/execute", {
                "language": "python", "command": ["/usr/bin/python3", "-c", code], "working_dir": directory,
                "security": {"preset": "strict", "user": user}})
            if status in (400, 422):
                refused += 1
                continue
            expect(status == 200, f"{directory} as {user}: {status} {answer}")
            seen = report(answer)
            if seen["seen"] or seen["written"]:
                wrong[f"{directory} as {user}"] = seen
    expect(not wrong, wrong)
    return f"{len(DIRECTORIES)} directories as two users, {refused} refused: everything stays covered"


CGROUPS = """
mounts = [line.split()[4] for line in open('/proc/self/mountinfo') if line.partition(' - ')[2].startswith('cgroup')]
folders, written, processes = [], [], set()
for mount in mounts:
    for top, _, names in os.walk(mount):
        folders.append(top)
        for name in names:
            path = os.path.join(top, name)
            if attempt(lambda: os.close(os.open(path, os.O_WRONLY))) == 'ok': written.append(path)
            if name in ('cgroup.procs', 'cgroup.threads', 'tasks'): processes |= set(open(path).read().split())
    if attempt(lambda: os.mkdir(mount + '/own')) == 'ok': written.append(mount)
threads = {thread for name in os.listdir('/proc') if name.isdigit() for thread in os.listdir(f'/proc/{name}/task')}
limits = {open(mount + '/' + name).read().split()[0] for mount in mounts for name in
          ('memory.max', 'memory.limit_in_bytes') if os.path.exists(mount + '/' + name)}
# Of some hierarchies a program is only to know that they are mounted: they have no inside, and nobody can watch or lock them.
others = '/sys/fs/cgroup/others'
for place in {others, *(mount for mount in mounts if mount.startswith(others))} if os.path.lexists(others) else ():
    looks = (os.listdir, os.rmdir, lambda path: os.open(path, os.O_RDONLY), lambda path: os.chmod(path, 0o777),
             lambda path: os.stat(path + '/tasks'), lambda path: os.stat(path + '/cpuset/tasks'), lambda path: os.mkdir(path + '/own'))
    written += [place for look in looks if attempt(lambda: look(place)) not in ('EACCES', 'EPERM', 'EROFS', 'EBUSY')]
    if libc.inotify_add_watch(libc.inotify_init(), place.encode(), 0xfff) >= 0: written.append('watched ' + place)
mounts = [mount for mount in mounts if not mount.startswith(others)]
show({'mounts': mounts, 'below': sorted(set(folders) - set(mounts)), 'written': written,
      'others': sorted(processes - threads), 'limits': sorted(limits)})
"""


def there(name: str) -> str:
    return f"open('/tmp/{name}', 'w').close()\n"


def wait(name: str) -> str:
    return f"import os, time\nwhile not os.path.exists('/tmp/{name}'): time.sleep(0.01)\n"


# Is there as long as the other looks.
BESIDE = there("here") + wait("seen")


@case("L17", "look for others in the cgroups that a run sees, also beside another run, and write to them",
      "it sees only its own run's, read-only", quick=True)
def own_cgroup(bench):
    code, seen = program(CGROUPS), {}
    limits = {"memory_mb": 96}
    for user in "sandbox", "root":
        security = {"user": user}
        seen[f"alone as {user}"] = report(bench.python(code, security=security, resource_limits=limits))
        sandbox = bench.sandbox(security=security, resource_limits=limits)
        # With another limit, which tells whose files are seen.
        beside = Background(bench.exec, sandbox, BESIDE, concurrent=True, timeout_secs=120, resource_limits={"memory_mb": 80})
        seen[f"beside another as {user}"] = report(bench.exec(sandbox, wait("here") + code + "\n" + there("seen"),
                                                              concurrent=True))
        expect(beside.result()["status"] == "succeeded", f"the run beside: {beside.result()}")
        seen[f"after another as {user}"] = report(bench.exec(sandbox, code))
    for name, found in seen.items():
        expect(found["mounts"] and len(found["mounts"]) == len(set(found["mounts"])), f"{name}: {found}")
        expect(not found["below"] and not found["written"] and not found["others"], f"{name}: {found}")
        expect(found["limits"] == [str(96 << 20)], f"{name}: {found}")
    return f"{seen['alone as sandbox']['mounts']}, no cgroups below, nothing to write, no processes of others"


PLANT = """
mounts = [line.split()[4] for line in open('/proc/self/mountinfo') if line.partition(' - ')[2].startswith('cgroup')]
ways = {}
for path in ['/sys', '/sys/fs', '/sys/fs/cgroup', *mounts]:
    ways['rename ' + path] = attempt(lambda: os.rename(path, '/moved'))
    ways['remove ' + path] = attempt(lambda: os.rmdir(path))
    ways['link over ' + path] = attempt(lambda: (os.symlink('/proc/sys', '/link'), os.rename('/link', path)))
    if os.path.islink('/link'): os.unlink('/link')
show(ways)
"""


@case("L18", "as root, put links to the covers of /proc at the paths where the agent shows a run its cgroup and hides it again",
      "refused: the mounts and the covers stay", quick=True)
def planted_cgroup(bench):
    sandbox = bench.sandbox(security={"user": "root"})
    for _ in range(2):
        ways = report(bench.exec(sandbox, program(PLANT)))
        done = {way: outcome for way, outcome in ways.items() if outcome not in ("EBUSY", "EXDEV", "ENOTEMPTY", "EISDIR", "EACCES")}
        expect(not done, done)
    seen = report(bench.exec(sandbox, program(f"""
HIDDEN = {HIDDEN.split()!r}
{LOOK.replace("show(", "looked = (")}
looked['read-only'] = bool(os.statvfs('/proc/sys').f_flag & os.ST_RDONLY)
looked['kernel'] = os.path.isdir('/proc/sys/kernel')
views = [line.split()[4] for line in open('/proc/self/mountinfo') if line.partition(' - ')[2].startswith('cgroup')]
looked['twice'] = len(views) - len(set(views))
show(looked)
""")))
    expect(seen == {"seen": [], "written": [], "read-only": True, "kernel": True, "twice": 0}, seen)
    return f"{len(ways)} ways refused; /proc/sys is read-only, the covers stay, one mount for each hierarchy"


# The number of the device behind each path below, with those of the kernel's cgroup file systems in mountinfo.
REACH = """
kernels = {line.split()[2] for line in open('/proc/self/mountinfo') if line.partition(' - ')[2].startswith('cgroup')}
def device(path):
    number = os.lstat(path).st_dev
    return f'{os.major(number)}:{os.minor(number)}'
paths = ['/sys/fs/cgroup']
for place, folders, names in os.walk('/sys/fs/cgroup'): paths += [f'{place}/{name}' for name in folders + names]
roots = [line.split()[4] for line in open('/proc/self/mountinfo')]
# Every other way to name a directory: through its parent, a descriptor, a root, a working directory, a process beside.
ways = [f'{path}/.' for path in paths if os.path.isdir(path)] + [f'{path}/../{os.path.basename(path)}' for path in paths]
for number, path in enumerate(roots):
    if path.startswith('/sys/fs/cgroup') and not path.startswith('/sys/fs/cgroup/others'):
        ways += [path, f'/proc/self/root{path}', f'/proc/1/root{path}', f'/proc/self/cwd{path}', f'{path}/cgroup.procs',
                 f'{path}/memory.current', f'{path}/memory.stat', f'{path}/tasks', f'{path}/memory.usage_in_bytes']
reached = []
for way in paths + ways:
    try:
        if device(way) in kernels: reached.append(way)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.EACCES, errno.ENOTDIR): reached.append(f'{way}: {error}')
show({'kernels': sorted(kernels), 'reached': reached, 'tried': len(paths) + len(ways)})
"""


@case("L19", "reach the kernel's own cgroup files below their copies: each look-up there takes a lock that all starts need",
      "no path leads to them", quick=True)
def kernels_cgroup_files(bench):
    code, seen = "import errno\n" + program(REACH), {}
    for user in "sandbox", "root":
        security = {"user": user}
        seen[f"alone as {user}"] = report(bench.python(code, security=security))
        sandbox = bench.sandbox(security=security)
        beside = Background(bench.exec, sandbox, BESIDE, concurrent=True, timeout_secs=120)
        seen[f"beside another as {user}"] = report(bench.exec(sandbox, wait("here") + code + "\n" + there("seen"),
                                                              concurrent=True))
        expect(beside.result()["status"] == "succeeded", f"the run beside: {beside.result()}")
        report(bench.exec(sandbox, program(PLANT)))
        seen[f"after another as {user}"] = report(bench.exec(sandbox, code))
    for name, found in seen.items():
        expect(found["kernels"] and found["tried"] > 10 and not found["reached"], f"{name}: {found}")
    return f"{sum(found['tried'] for found in seen.values())} paths tried"
