# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group K: privileges that come back, and programs that fence themselves."""

from hostile.bench import ended, errors
from hostile.case import case, expect
from hostile.groups.kernel_calls import try_all
from hostile.probe import need_x86_64, probe, program


@case("K17", "memory keys, seals, restartable sequences, barriers, Landlock, a program's own filters",
      "work, or answer as a kernel without them; programs that sandbox themselves work or go on without", quick=True)
def self_sandboxing(bench):
    need_x86_64()
    seen = probe(bench, """
import mmap
page = mmap.mmap(-1, 4096)
address = ctypes.addressof(ctypes.c_char.from_buffer(page))
def landlocked():
    # A ruleset that handles writing to files and allows none, then a write.
    ruleset = raw(NUMBERS['landlock_create_ruleset'], struct.pack('Q', 2), 8, 0)
    libc.prctl(38, 1, 0, 0, 0)
    if raw(446, ruleset, 0) == -1:
        return name_of(ctypes.get_errno())
    return attempt(lambda: open('/tmp/x', 'w'))
def filtered():
    # getppid answers errno 77; all else is allowed.
    code = b''.join(struct.pack('HBBI', *step) for step in
                    [(0x20, 0, 0, 0), (0x15, 0, 1, 110), (0x06, 0, 0, 0x50000 + 77), (0x06, 0, 0, 0x7fff0000)])
    held = ctypes.create_string_buffer(code)
    if raw(NUMBERS['seccomp'], 1, 0, struct.pack('HxxxxxxQ', 4, ctypes.addressof(held))) == -1:
        return name_of(ctypes.get_errno())
    return 'filtered' if raw(110) == -1 and ctypes.get_errno() == 77 else 'not filtered'
show({'memfd_secret': call('memfd_secret', 0), 'pkey_alloc': call('pkey_alloc', 0, 0),
      'mseal': call('mseal', address, 4096, 0), 'rseq': call('rseq', 0, 0, 0, 0), 'membarrier': call('membarrier', 0,
                                                                                                     0, 0),
      'landlock version': call('landlock_create_ruleset', 0, 0, 1), 'strict': call('seccomp', 0, 0, 0),
      'filter': filtered(),
      'landlock': landlocked()})
""")
    allowed = {
        "memfd_secret": ("ok", "ENOSYS"),
        # Without such keys in the processor ENOSPC, or EINVAL.
        "pkey_alloc": ("ok", "ENOSPC", "EINVAL", "ENOSYS"), "mseal": ("ok", "ENOSYS"),
        # rseq is registered already, by the C library; below a filter the kernel has no strict mode. Filters are refused
        # (R01) as by a kernel that has none.
        "rseq": ("EINVAL",), "membarrier": ("ok",), "landlock version": ("ok", "ENOSYS", "EOPNOTSUPP"),
        "strict": ("EINVAL",), "filter": ("EINVAL",), "landlock": ("EACCES", "ENOSYS", "EOPNOTSUPP"),
    }
    wrong = {key: value for key, value in seen.items() if value not in allowed[key]}
    expect(not wrong, wrong)
    return ", ".join(f"{key}: {value}" for key, value in seen.items())


NOTIFIED = """
# A listener that answers nobody: from here on `openat` waits for it for ever in this process and its children.
code = b''.join(struct.pack('HBBI', *step) for step in
                [(0x20, 0, 0, 0), (0x15, 0, 1, 257), (0x06, 0, 0, 0x7fc00000), (0x06, 0, 0, 0x7fff0000)])
held = ctypes.create_string_buffer(code)
description = struct.pack('HxxxxxxQ', 4, ctypes.addressof(held))
os.mkdir('/tmp/listening')
listener = raw(NUMBERS['seccomp'], 1, 8, description)
if listener == -1:
    os.rmdir('/tmp/listening')
    sys.exit(name_of(ctypes.get_errno()))
os.open('/etc/passwd', os.O_RDONLY)
"""


@case("K20", "a filter's listener that intercepts calls and never answers",
      "refused; the run beside it and the next run work")
def listener(bench):
    need_x86_64()
    sandbox = bench.sandbox()
    refused = bench.exec(sandbox, program(NOTIFIED))
    ended(refused, "failed")
    expect(errors(refused).strip() == "EINVAL", f"the listener: {errors(refused)}")
    ended(bench.exec(sandbox, "print(open('/etc/hostname').read())"), "succeeded")
    return "EINVAL"


@case("K22", "get capabilities back: exec as root, set-user-ID, file capabilities, ambient set, capset",
      "every set stays empty", quick=True)
def regain_capabilities(bench):
    before = """
import shutil, subprocess
def sets(text):
    return ' '.join(sorted({line.split()[1] for line in text.splitlines() if line.startswith('Cap')}))
def capset():
    return call_capset(struct.pack('Ii', 0x20080522, 0), struct.pack('6I', *[0xffffffff] * 6))
def call_capset(header, data):
    return 'ok' if raw(126, header, data) != -1 else name_of(ctypes.get_errno())
def after_exec(path, mode):
    shutil.copy('/usr/bin/cat', path)
    os.chmod(path, mode)
    return sets(subprocess.check_output([path, '/proc/self/status'], text=True))
def file_capabilities():
    shutil.copy('/usr/bin/cat', '/tmp/capable')
    # Version 2 and effective, all permitted; version 3 with a root id of the namespace's own.
    two = struct.pack('5I', 0x02000001, 0xffffffff, 0, 0xffffffff, 0)
    three = struct.pack('6I', 0x03000001, 0xffffffff, 0, 0xffffffff, 0, os.getuid())
    return ' '.join(attempt(lambda: os.setxattr('/tmp/capable', 'security.capability', value)) for value in (two,
                                                                                                             three))
def ambient():
    return sorted({'ok' if libc.prctl(47, 2, number, 0,
                                      0) == 0 else name_of(ctypes.get_errno()) for number in range(41)})
none = '0' * 16
"""
    none = "0" * 16
    return try_all(bench, {
        "now": ("sets(open('/proc/self/status').read())", (none,)),
        "after exec": ("after_exec('/tmp/plain', 0o755)", (none,)),
        "after exec of set-user-ID": ("after_exec('/tmp/set', 0o6755)", (none,)),
        "capset": ("capset()", ("EPERM",)),
        "file capabilities": ("file_capabilities()", ("EPERM EPERM",)),
        "ambient": ("' '.join(ambient())", ("EPERM",)),
        "namespace as root": ("call('unshare', 0x10000000)", ("EPERM",)),
        "setuid 0": ("attempt(lambda: os.setuid(0))", ("EPERM", "ok")),
        "setuid agent": ("attempt(lambda: os.setuid(64000))", ("EPERM",)),
        "setgroups": ("attempt(lambda: os.setgroups([0]))", ("EPERM",)),
        "afterwards": ("sets(open('/proc/self/status').read())", (none,)),
    }, before)


@case("K23", "prctl: securebits, bounding set, memory map, dumpable, no_new_privs off", "EPERM, or harmless",
      quick=True)
def process_controls(bench):
    before = """
def control(*arguments):
    ctypes.set_errno(0)
    padded = [ctypes.c_long(argument) for argument in (*arguments, 0, 0, 0, 0)[:5]]
    return 'ok' if libc.prctl(*padded) != -1 else name_of(ctypes.get_errno())
def value(number):
    return str(libc.prctl(number, 0, 0, 0, 0))
"""
    refused = ("EPERM",)
    rows = {
        "SECUREBITS to none": ("control(28, 0)", refused),
        "SECUREBITS as they are": ("control(28, libc.prctl(27))", ("EPERM", "ok")),
        "CAPBSET_DROP": ("control(24, 21)", refused),
        "SET_MM": ("control(35, 8, 4096)", refused),
        "SET_MM with high bits": ("control(35 + (1 << 32), 8, 4096)", refused),
        "SET_MM_MAP_SIZE": ("control(35, 15, 0)", refused),
        "DUMPABLE 1": ("control(4, 1)", ("ok",)),
        "DUMPABLE 2": ("control(4, 2)", ("EINVAL",)),
        "no_new_privs off": ("control(38, 0)", ("EINVAL",)),
        "no_new_privs": ("value(39)", ("1",)),
        "securebits": ("value(27)", (str(0xEF), str(0xEF & ~0x10))),
        "memory of pid 1": ("attempt(lambda: open('/proc/1/mem', 'rb'))", ("ENOENT", "EACCES", "EPERM")),
    }
    return try_all(bench, rows, before)
