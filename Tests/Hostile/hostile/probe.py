# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Python programs that look at, and try, things inside a sandbox, and report them as one JSON document."""

import json
import os
import platform

from hostile.bench import errors, out
from hostile.case import Failure, NotHere

PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "programs")

# `show(value)` reports; `call("name", …)` and `attempt(function)` say "ok" or the errno's name.
PRELUDE = """
import ctypes, errno, json, os, signal, socket, struct, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
NUMBERS = {numbers}
def show(value):
    print(json.dumps(value))
def raw(number, *arguments):
    ctypes.set_errno(0)
    padded = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    return libc.syscall(ctypes.c_long(number), *padded)
def name_of(number):
    return errno.errorcode.get(number, str(number))
def call(name, *arguments):
    return 'ok' if raw(NUMBERS[name], *arguments) != -1 else name_of(ctypes.get_errno())
def attempt(action):
    try:
        action()
        return 'ok'
    except OSError as error:
        return name_of(error.errno) if error.errno else type(error).__name__
"""

# The calls that the cases name, by their numbers on x86-64.
NUMBERS = {
    "mmap": 9, "rt_sigaction": 13, "ioctl": 16, "mincore": 27, "shmget": 29, "shmat": 30, "clone": 56, "getpid": 39,
    "semget": 64, "msgget": 68, "fcntl": 72, "ptrace": 101, "syslog": 103, "mknod": 133, "personality": 135,
    "mlockall": 151, "sched_setscheduler": 144, "flock": 73, "mq_open": 240, "sync_file_range": 277, "vmsplice": 278,
    "inotify_init1": 294, "syncfs": 306,
    "vhangup": 153, "ustat": 136, "modify_ldt": 154, "pivot_root": 155, "prctl": 157, "arch_prctl": 158, "adjtimex": 159,
    "chroot": 161, "acct": 163, "settimeofday": 164, "mount": 165, "umount2": 166, "swapon": 167, "swapoff": 168,
    "reboot": 169, "sethostname": 170, "setdomainname": 171, "iopl": 172, "ioperm": 173, "init_module": 175,
    "delete_module": 176, "quotactl": 179, "nfsservctl": 180, "setxattr": 188, "futex": 202,
    "lookup_dcookie": 212, "clock_settime": 227, "mbind": 237, "set_mempolicy": 238, "get_mempolicy": 239,
    "kexec_load": 246, "add_key": 248, "request_key": 249, "keyctl": 250, "migrate_pages": 256, "mknodat": 259,
    "unshare": 272, "move_pages": 279, "fanotify_init": 300, "perf_event_open": 298, "name_to_handle_at": 303,
    "open_by_handle_at": 304, "clock_adjtime": 305, "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311,
    "kcmp": 312, "finit_module": 313, "seccomp": 317, "memfd_create": 319, "kexec_file_load": 320, "bpf": 321,
    "userfaultfd": 323, "membarrier": 324, "preadv2": 327, "pkey_alloc": 330, "pkey_free": 331, "rseq": 334,
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429,
    "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "pidfd_open": 434, "clone3": 435, "openat2": 437,
    "pidfd_getfd": 438, "process_madvise": 440, "mount_setattr": 442, "quotactl_fd": 443,
    "landlock_create_ruleset": 444, "memfd_secret": 447, "process_mrelease": 448, "statmount": 457, "listmount": 458,
    "mseal": 462,
}


def report(execution: dict):
    """What a program that used `show` reported; it must have ended well."""
    if execution["status"] != "succeeded":
        raise Failure(f"the probe ended as {execution['status']}, exit {execution['exit_code']}, "
                      f"signal {execution['signal']}: {errors(execution)[-400:]}")
    return json.loads(out(execution))


def program(code: str) -> str:
    """`code` with what it may use before it."""
    return PRELUDE.replace("{numbers}", repr(NUMBERS)) + code


def probe(bench, code: str, user: str = "sandbox", **fields):
    """Runs `code` in a sandbox of its own, as the user `sandbox` or `root`, and returns what it reported."""
    return report(bench.python(program(code), security={"user": user}, **fields))


def probe_in(bench, sandbox: str, code: str, **fields):
    """Runs `code` in a sandbox that is there already."""
    return report(bench.exec(sandbox, program(code), **fields))


def need_x86_64() -> None:
    """The numbers of system calls, and the machine code of some cases, are those of x86-64."""
    if platform.machine() != "x86_64":
        raise NotHere(f"is written for x86-64, this is {platform.machine()}")


def unexpected(seen: dict, allowed: dict) -> dict:
    """The entries of `seen` that are not among the answers that `allowed` has for them, or that it does not know."""
    return {key: value for key, value in seen.items() if value not in allowed.get(key, ())}


def c_program(bench, name: str, *arguments: str, **fields) -> dict:
    """Compiles `programs/<name>` inside the sandbox that also runs it, and returns the execution."""
    with open(os.path.join(PROGRAMS, name), encoding="utf-8") as file:
        source = file.read()
    code = 'gcc -O1 -o /tmp/program "$1" || exit 99\nshift\nexec /tmp/program "$@"'
    fields.setdefault("resource_limits", {"memory_mb": 256})
    path = f"/tmp/{name}"
    return bench.bash(code, args=[path, *arguments], files=[{"path": path, "content": source}], **fields)
