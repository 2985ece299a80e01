# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group P: how many processes a run may have, and that none of them outlives it. The group's other cases are in
`processes_signals` and `processes_exec`; all of its ids are there."""

import random
import threading
import time

from hostile.bench import Stopwatch, ended, errors, held, limited, out
from hostile.case import case, expect
from hostile.host import Background, in_runs, run_cgroups, wait_for
from hostile.oracle import lines

# Leaves its parent, its session and its group, and sleeps; with open streams, as most daemons by mistake.
DAEMON = """
import os, time
def daemon(body):
    read, write = os.pipe()
    if os.fork():
        os.read(read, 1)
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    os.write(write, b'.')
    body()
    os._exit(0)
"""


def most_processes(server, call: Background) -> int:
    """The most processes that any of the server's runs had at one time until `call` was over."""
    most = 0
    while not call.is_over():
        for path in run_cgroups(server):
            most = max(most, len(lines(f"{path}/cgroup.procs")))
        time.sleep(0.02)
    return most


def gone(server) -> float:
    """After how many seconds no process of any run was left; they would stay far longer by themselves."""
    return wait_for(lambda: not in_runs(server), lambda: f"still there: {in_runs(server)}")


@case("P01", "fork bomb in the shell", "the process limit holds; ends at the time limit or by itself",
      loads_host=True)
def fork_bomb(bench):
    watch = Stopwatch()
    bomb = ":(){ :|:& };:; wait; sleep 600"
    call = Background(bench.bash, bomb, timeout_secs=2, resource_limits={"max_processes": 64})
    most = most_processes(bench.server, call)
    status = ended(call.result(), "timed_out", "failed")
    watch.within(2)
    expect(most <= 64, f"{most} processes at one time, limit 64")
    return f"{status}, at most {most} processes of 64"


@case("P02", "10,000 threads", "EAGAIN at the process limit; the run goes on", quick=True)
def threads_until_failure(bench):
    result = bench.python("""
import ctypes
libc = ctypes.CDLL(None)
made = 0
for _ in range(10_000):
    thread = ctypes.c_ulong()
    error = libc.pthread_create(ctypes.byref(thread), None, libc.pause, None)
    if error:
        break
    made += 1
print(made, error, flush=True)
libc._exit(0)
""", resource_limits={"max_processes": 100})
    ended(result, "succeeded")
    made, error = map(int, out(result).split())
    expect(error == 11 and made == 99, result)
    return f"{made} threads beside the first, then EAGAIN"


@case("P03", "fork storm while the run is being ended", "killed in one pass, nothing left", loads_host=True)
def fork_storm_at_the_end(bench):
    slowest = 0
    for round_number in range(5):
        watch = Stopwatch()
        result = bench.python("""
import os
made = 0
while made < 40:
    try:
        child = os.fork()
    except BlockingIOError:
        # The storms of those before have met the limit.
        continue
    made += 1
    if child == 0:
        # Each process lives just long enough to make the next one: no list of them is ever true.
        while True:
            try:
                if os.fork():
                    os._exit(0)
            except BlockingIOError:
                pass
os.wait()
while True:
    pass
""", timeout_secs=0.3 + round_number / 10, resource_limits={"max_processes": 200})
        slowest = max(slowest, gone(bench.server))
        held(result, 0.3 + round_number / 10)
        watch.within(0.3 + round_number / 10)
    wait_for(lambda: not run_cgroups(bench.server), "a run's cgroup is left")
    return f"5 storms, the last process gone {slowest * 1000:.0f} ms after the answer at the latest"


@case("P04", "daemon by double fork and setsid; the parent exits with 0", "dead before the answer comes", quick=True)
def daemon_outlives_parent(bench):
    result = bench.python(DAEMON + """
for number in range(3): os.close(number)
os.open('/dev/null', os.O_RDWR), os.dup(0), os.dup(0)
daemon(lambda: time.sleep(600))
""")
    took = gone(bench.server)
    return f"{ended(result, 'succeeded')}; gone {took * 1000:.0f} ms after the answer"


@case("P05", "daemon that keeps standard output open", "answered when the main process ends; output complete",
      quick=True)
def daemon_holds_output(bench):
    watch = Stopwatch()
    # One that waited for the end of the output would wait for the daemon, or for the time limit.
    result = bench.python(DAEMON + "daemon(lambda: time.sleep(600))\nprint('x' * 100_000)", timeout_secs=300)
    took = watch.seconds()
    watch.within(0)
    gone(bench.server)
    expect(out(result) == "x" * 100_000 + "\n", "output is missing")
    return f"{ended(result, 'succeeded')} after {took * 1000:.0f} ms"


@case("P06", "daemon outside the process group, and a time limit shorter than its life",
      "the limit holds and the daemon is dead", quick=True)
def daemon_outlives_limit(bench):
    program = DAEMON + "daemon(lambda: time.sleep(600))\nprint('made', flush=True)\ntime.sleep(600)"
    result, limit = limited(lambda seconds: bench.python(program, timeout_secs=seconds), 0.5, out)
    gone(bench.server)
    expect(out(result) == "made\n", result)
    return held(result, limit)


@case("P11", "5,000 zombies", "the process limit holds; all are reaped when the run ends")
def zombies(bench):
    sandbox = bench.sandbox()
    code = """
import os
made = 0
try:
    for _ in range(5000):
        if os.fork() == 0:
            os._exit(0)
        made += 1
except BlockingIOError:
    pass
print(made)
"""
    limits = {"max_processes": 4096}
    made = [int(out(bench.exec(sandbox, code, resource_limits=limits, timeout_secs=120))) for _ in range(2)]
    expect(made == [4095, 4095], made)
    gone(bench.server)
    return f"{made[0]} in the first run, as many in the next one in the same sandbox"


@case("P12", "3,000 orphans, with room for 32 processes", "the sandbox's pid 1 reaps them; otherwise there would be no room")
def orphans(bench):
    result = bench.python("""
import os, time
made = 0
while made < 3000:
    try:
        child = os.fork()
    except BlockingIOError:
        time.sleep(0.001)
        continue
    if child == 0:
        try:
            os.fork()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    made += 1
print(made)
""", resource_limits={"max_processes": 32}, timeout_secs=120)
    expect(out(result) == "3000\n", result)
    gone(bench.server)
    return ended(result, "succeeded")


@case("P15", "the main process exits with 0 while a child writes into the stateful directory",
      "nothing writes after the answer", quick=True)
def child_writes_on(bench):
    sandbox = bench.sandbox()
    for _ in range(3):
        result = bench.exec(sandbox, DAEMON + """
def write():
    number = 0
    while True:
        number += 1
        with open('count', 'w') as file: file.write(str(number))
daemon(write)
while not os.path.exists('count'): time.sleep(0.001)
""")
        ended(result, "succeeded")
        twice = bench.exec(
            sandbox, "import time\na = open('count').read()\ntime.sleep(0.1)\nprint(a == open('count').read())")
        expect(out(twice) == "True\n", "the file changes after the answer")
    gone(bench.server)
    return "the count does not change in the next run"


class Churn:
    """Sandboxes that are made, used, killed and deleted at random points, by several clients at a time."""

    def __init__(self, bench, seconds: float, most: int, seed: int):
        self.bench = bench
        self.random = random.Random(seed)
        self.until = time.monotonic() + seconds
        self.most = most
        self.made = 0
        self.lock = threading.Lock()

    def next_delay(self):
        """How long the next sandbox runs before it is deleted, or None at the end."""
        with self.lock:
            if self.made >= self.most or time.monotonic() > self.until:
                return None
            self.made += 1
            return self.random.choice([0, 0, self.random.uniform(0, 0.06)])

    def client(self) -> None:
        while (delay := self.next_delay()) is not None:
            status, sandbox = self.bench.request("POST", "", {"language": "bash", "mode": "stateful"})
            expect(status == 201, sandbox)
            path = f"/{sandbox['id']}"
            run = Background(self.bench.request, "POST", path + "/exec", {"code": "sleep 600 & sleep 600"})
            time.sleep(delay)
            expect(self.bench.request("DELETE", path)[0] == 204, "delete failed")
            status, answer = run.result()
            # Cancelled when it had begun; the sandbox was not there any more when it had not.
            expect(status == 404 or (status == 200 and answer["status"] == "cancelled"), f"{status} {answer}")


@case("P21", "make 1,000 sandboxes, run programs in them and delete them at random points",
      "no leak, and no other process is killed")
def churn(bench):
    bystander = Background(bench.python, "import time\ntime.sleep(20)\nprint('alive')", timeout_secs=60)
    watch = Stopwatch()
    churn_run = Churn(bench, seconds=18, most=1000, seed=21)
    clients = [Background(churn_run.client) for _ in range(6)]
    for client in clients:
        client.result()
    took = watch.seconds()
    result = bystander.result()
    expect(ended(result, "succeeded") and out(result) == "alive\n", result)
    return f"{churn_run.made} sandboxes in {took:.0f} s, and the run beside them succeeded"


@case("P22", "100,000 timers and a flood of queued signals", "EAGAIN at the limit of pending signals", quick=True)
def timers(bench):
    result = bench.python("""
import ctypes, signal, os
libc = ctypes.CDLL(None, use_errno=True)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGRTMIN, signal.SIGALRM])
signal.setitimer(signal.ITIMER_REAL, 0.000001, 0.000001)
class Value(ctypes.Union):
    _fields_ = [('number', ctypes.c_int), ('pointer', ctypes.c_void_p)]
def flood(call):
    for made in range(100_000):
        if call() != 0:
            return made, ctypes.get_errno()
    return made, 0
libc.sigqueue.argtypes = [ctypes.c_int, ctypes.c_int, Value]
print(*flood(lambda: libc.sigqueue(os.getpid(), signal.SIGRTMIN, Value(1))))
signal.sigtimedwait([signal.SIGRTMIN], 0)
while signal.sigtimedwait([signal.SIGRTMIN], 0): pass
timer = ctypes.c_void_p()
print(*flood(lambda: libc.timer_create(1, None, ctypes.byref(timer))))
""")
    ended(result, "succeeded")
    (queued, error), (timers_made, timer_error) = (map(int, line.split()) for line in out(result).splitlines())
    expect(error == 11 and queued <= 4096 and timer_error == 11 and timers_made <= 4096, (result, errors(result)))
    return f"EAGAIN after {queued} signals and after {timers_made} timers"
