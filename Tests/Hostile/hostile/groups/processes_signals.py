# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group P: signals, the sandbox's init, and processes of others."""

import os
import signal
import subprocess

from hostile.bench import ended, errors, held, limited, out
from hostile.case import case, expect
from hostile.groups.cpu import check_quota
from hostile.host import Background, agents, in_runs, wait_for

BOTH_USERS = ("sandbox", "root")

# Calls the kernel and tells the error by name.
CALLS = """
import ctypes, errno, os, signal
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    ctypes.set_errno(0)
    answer = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(argument) for argument in arguments])
    return 'ok' if answer >= 0 else errno.errorcode[ctypes.get_errno()]
def attempt(function, *arguments):
    try:
        function(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]
    return 'ok'
"""


@case("P07", "ignore every signal that can be ignored, and block all", "SIGKILL at the time limit", quick=True)
def deaf_to_signals(bench):
    program = """
import signal
for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
print('deaf', flush=True)
while True: pass
"""
    result, limit = limited(lambda seconds: bench.python(program, timeout_secs=seconds), 0.5, out)
    expect(out(result) == "deaf\n" and result["signal"] == "SIGKILL", result)
    return held(result, limit)


@case("P08", "stop itself, its children, and the whole group", "the time limit ends the run all the same", quick=True)
def stops_itself(bench):
    for code in ("os.kill(os.getpid(), signal.SIGSTOP)",
                 "[os.fork() for _ in range(3)]\nos.kill(0, signal.SIGSTOP)",
                 "child = os.fork() or time.sleep(600)\nos.kill(child, signal.SIGTSTP)\nos.kill(-1, signal.SIGSTOP)\n"
                 "os.kill(os.getpid(), signal.SIGSTOP)"):
        program = "import os, signal, time\nprint('stops', flush=True)\n" + code
        # One that was ended before it came so far would prove nothing.
        result, limit = limited(lambda seconds, program=program: bench.python(program, timeout_secs=seconds), 0.3, out)
        expect(out(result) == "stops\n", result)
        held(result, limit)
    wait_for(lambda: not in_runs(bench.server), "a stopped process is left")
    return "timed_out, three times"


@case("P09", "signals to pid 1 of the sandbox and to pid -1, as each user",
      "pid 1 lives; the run ends by its own signal", quick=True)
def signals_to_init(bench):
    for user in BOTH_USERS:
        result = bench.python(CALLS + """
for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGSEGV, signal.SIGKILL):
    print(attempt(os.kill, 1, number), attempt(os.kill, -1, number), flush=True)
child = os.fork()
if child == 0:
    signal.pause()
print(attempt(os.kill, -1, signal.SIGKILL), os.waitpid(child, 0)[1], flush=True)
os.kill(os.getpid(), signal.SIGKILL)
""", security={"user": user})
        ended(result, "failed")
        expect(result["signal"] == "SIGKILL", result)
        expect(out(result) == "EPERM ESRCH\n" * 5 + "ok 9\n" or out(result) == "EPERM EPERM\n" * 5 + "ok 9\n", result)
    return "EPERM for pid 1; -1 reaches only processes of the run; then failed by its own SIGKILL"


@case("P10", "signals to every pid up to 65535", "ESRCH or EPERM; no process of the host gets a signal", quick=True)
def signals_to_host(bench):
    victim = subprocess.Popen(["/bin/sleep", "60"])
    try:
        for user in BOTH_USERS:
            result = bench.python(CALLS + """
seen = set()
for pid in range(1, 65536):
    if pid != os.getpid():
        for number in (signal.SIGCONT, signal.SIGTERM, signal.SIGKILL):
            seen.add((attempt(os.kill, pid, number), attempt(os.kill, -pid, number) if pid > 1 else 'EPERM'))
print(sorted(set(sum(seen, ()))))
""", security={"user": user})
            ended(result, "succeeded")
            expect("ok" not in out(result), result)
        expect(victim.poll() is None, "a process of the host was killed")
    finally:
        victim.kill()
        victim.wait()
    return out(result).strip()


@case("P13", "attack the sandbox's pid 1: trace, signal, limit, memory, descriptors, root", "refused or not visible",
      quick=True)
def attacks_init(bench):
    seen = set()
    for user in BOTH_USERS:
        result = bench.python(CALLS + """
TRACEME, ATTACH, SEIZE = 0, 16, 0x4206
print(call(101, ATTACH, 1, 0, 0), call(101, SEIZE, 1, 0, 0), call(310, 1, 0, 0, 0, 0, 0), call(311, 1, 0, 0, 0, 0, 0))
limit = (ctypes.c_ulong * 2)(0, 0)
print(call(302, 1, 7, ctypes.addressof(limit), 0), attempt(os.sched_setaffinity, 1, [0]),
      attempt(os.setpriority, os.PRIO_PROCESS, 1, 19))
pidfd = libc.syscall(434, 1, 0)
print(call(424, pidfd, signal.SIGKILL, 0, 0) if pidfd >= 0 else 'no pidfd', call(438, pidfd, 3, 0))
for name in ('mem', 'fd/3', 'fd', 'environ', 'maps', 'root/etc', 'cwd', 'exe', 'oom_score_adj', 'task/1/mem'):
    print(attempt(os.open, '/proc/1/' + name, os.O_RDONLY), attempt(os.open, '/proc/1/' + name, os.O_RDWR))
""", security={"user": user})
        ended(result, "succeeded")
        seen |= set(out(result).split())
    expect(seen <= {"EPERM", "EACCES", "ENOENT", "ESRCH", "EBADF", "EISDIR"}, out(result))
    return "as each user: " + ", ".join(sorted(seen))


@case("P14", "trace and signal a process of another sandbox, by its pid on the host and in its sandbox",
      "not visible, no signal arrives", quick=True)
def attacks_sibling(bench):
    victim = Background(bench.python, "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])\n"
                        "open('/dev/shm/ready', 'w').close()\nsignal.sigwait([signal.SIGUSR1])\nprint('untouched')",
                        timeout_secs=300)
    victims = []

    def find() -> bool:
        victims[:] = [pid for pid in in_runs(bench.server) if os.path.exists(f"/proc/{pid}/root/dev/shm/ready")]
        return bool(victims)

    wait_for(find, "the other run did not start")
    targets = in_runs(bench.server) + agents(bench.server)
    result = bench.python(CALLS + f"""
for pid in {targets}:
    print(attempt(os.kill, pid, signal.SIGKILL), call(101, 16, pid, 0, 0), call(434, pid, 0),
          os.path.exists(f'/proc/{{pid}}'))
print([name for name in os.listdir('/proc') if name.isdigit() and int(name) != os.getpid()])
""")
    ended(result, "succeeded")
    *attempts, visible = out(result).splitlines()
    expect(set(attempts) == {"ESRCH EPERM ESRCH False"}, result)
    expect(visible == "[]", f"visible: {visible}")
    for pid in victims:
        os.kill(pid, signal.SIGUSR1)
    expect(out(victim.result()) == "untouched\n", victim.value)
    return f"{len(targets)} pids: kill ESRCH, ptrace EPERM, pidfd_open ESRCH; nothing in /proc"


@case("P19", "become a subreaper, clear the parent-death signal, take a name of control characters",
      "harmless; the name appears in no log", quick=True)
def process_controls(bench):
    name = "\x1b[31mred\x07\r\n"
    result = bench.python(CALLS + f"""
name = ctypes.create_string_buffer({name!r}.encode())
print(call(157, 36, 1, 0, 0, 0), call(157, 1, 0, 0, 0, 0), call(157, 15, ctypes.addressof(name), 0, 0, 0))
import time
if os.fork() == 0:
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
os.wait()
""")
    ended(result, "succeeded")
    expect(out(result) == "ok ok ok\n", result)
    wait_for(lambda: not in_runs(bench.server), "the subreaper's child is left")
    with open(bench.server.log_path, encoding="utf-8", errors="replace") as log:
        expect("\x1b" not in log.read(), "a control character is in the log")
    return "all allowed, child and grandchild gone with the run"


@case("P20", "real-time scheduling, nice -20, real-time disk priority, every processor", "refused, or without effect",
      quick=True)
def priorities(bench):
    program = CALLS + """
import struct, time
deadline = ctypes.create_string_buffer(struct.pack('<IIQiIQQQ', 48, 6, 0, 0, 0, 10_000_000, 20_000_000, 20_000_000))
print(attempt(os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(1)),
      attempt(os.sched_setscheduler, 0, os.SCHED_RR, os.sched_param(99)), call(314, 0, ctypes.addressof(deadline), 0),
      attempt(os.setpriority, os.PRIO_PROCESS, 0, -20), call(251, 1, 0, 1 << 13),
      flush=True)
attempt(os.sched_setaffinity, 0, range(os.cpu_count()))
for _ in range(3): os.fork()
while True: pass
"""
    for user in BOTH_USERS:
        result, limit = limited(lambda seconds, user=user: bench.python(
            program, security={"user": user}, timeout_secs=seconds,
            resource_limits={"max_processes": 16, "cpu_cores": 0.5}), 0.6, out)
        refused = (out(result) or " ").split()
        expect(set(refused) <= {"EPERM", "EACCES"} and len(refused) == 5, (result, errors(result)))
        held(result, limit, cores=0.5)
        check_quota(result, 0.5)
    return f"{', '.join(sorted(set(refused)))}; {result['cpu_time_ms']:.0f} ms of processor in 600 ms at half a core"
