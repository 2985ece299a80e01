# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group C: processor time, and time limits. C08 is in `state_clock`, with the other cases of a clock that is set."""

import http.client
import json
import os
import subprocess
import sys

from hostile.bench import BASE, Stopwatch, ended, errors, held, out
from hostile.case import HANG_SECONDS, Failure, NotHere, case, expect

# A quota is granted in periods of 100 ms; what a period overruns is taken from the next one.
PERIOD_MS = 100


def check_quota(result: dict, cores: float) -> str:
    """Holds what a run used against what its share of the processors allows; returns the share in words."""
    used, took = result["cpu_time_ms"], result["duration_ms"]
    share = f"{used:.0f} ms of processor in {took:.0f} ms at {cores:g} cores"
    expect(used <= cores * (took + PERIOD_MS) * 1.05, share)
    return share


def compiled(bench, source: str, flags: str = "-O1") -> str:
    """A stateful sandbox with the C program `./program` in its directory."""
    if not os.path.exists("/usr/bin/gcc"):
        raise NotHere("there is no C compiler on this host")
    sandbox = bench.sandbox(language="bash")
    build = f"cat > program.c <<'END'\n{source}\nEND\ngcc {flags} -o program program.c -lpthread"
    result = bench.exec(sandbox, build)
    expect(result["exit_code"] == 0, errors(result))
    return sandbox


def run_for(bench, sandbox: str, seconds: float, code: str, cores: float, **limits) -> str:
    """Runs a program that never ends by itself; returns the share of the processors that it got, in words."""
    watch = Stopwatch()
    result = bench.exec(sandbox, code, timeout_secs=seconds, resource_limits={"cpu_cores": cores, **limits})
    watch.within(seconds)
    held(result, seconds, cores)
    return check_quota(result, cores)


def late_without_sandbox(limit_ms: float) -> float:
    """Milliseconds by which this machine is late to end the same program when nothing holds it in."""
    watch = Stopwatch()
    try:
        subprocess.run([sys.executable, "-c", "while True: pass"], timeout=limit_ms / 1000, check=False)
    except subprocess.TimeoutExpired:
        return 1000 * watch.seconds() - limit_ms
    raise Failure("an endless program has ended")


@case("C01", "spin in one thread", "timed_out at the limit, within 100 ms", quick=True)
def spin(bench):
    limit_ms, late = 800, []
    # The best of some, each beside a kill without a sandbox: a limit that is held late is so each time.
    for _ in range(20):
        result = bench.python("while True: pass", timeout_ms=limit_ms)
        held(result, limit_ms / 1000)
        expect(result["exit_code"] is None and result["signal"] == "SIGKILL", result)
        late.append(result["duration_ms"] - limit_ms)
        allowed = max(100, 2 * late_without_sandbox(limit_ms))
        if late[-1] <= allowed:
            return f"timed_out after {limit_ms + late[-1]:.0f} ms, limit {limit_ms}"
    raise Failure(f"late by {min(late):.0f} ms at the least, limit {limit_ms} ms")


@case("C02", "spin in 256 threads with half a core", "the quota holds within 5 %", loads_host=True)
def spin_threads(bench):
    sandbox = compiled(bench, """
#include <pthread.h>
static void *spin(void *unused) { for (volatile long i = 0;; i++) ; return unused; }
int main(void) {
    pthread_t thread;
    for (int i = 0; i < 255; i++) if (pthread_create(&thread, 0, spin, 0)) return 1;
    spin(0);
}""")
    return run_for(bench, sandbox, 2, "./program", 0.5, max_processes=400)


@case("C03", "sleep with a small share of the processors", "not ended for its processor time", quick=True)
def sleeps(bench):
    result = bench.bash("for i in 1 2 3 4 5; do sleep 0.15; done; echo done", timeout_secs=HANG_SECONDS,
                        resource_limits={"cpu_cores": 0.1})
    expect(ended(result, "succeeded") and out(result) == "done\n", result)
    return f"succeeded, {result['cpu_time_ms']:.0f} ms of processor in {result['duration_ms']:.0f} ms"


@case("C04", "processor time of children, of exec chains and of reaped processes", "all of it counts", quick=True)
def children_are_counted(bench):
    result = bench.python("""
import os, subprocess, sys, time
def burn():
    until = time.process_time() + 0.1
    while time.process_time() < until: pass
burn()
for _ in range(2):
    child = os.fork()
    if child == 0:
        burn()
        os._exit(0)
    os.waitpid(child, 0)
if os.fork() == 0:
    if os.fork() == 0:
        burn()
        os._exit(0)
    os._exit(0)
os.wait()
time.sleep(0.3)
# The clock of a process goes on over exec: 0.1 s is on it already.
again = "import time\\nwhile time.process_time() < 0.3: pass"
os.execv(sys.executable, [sys.executable, '-c', again])
""")
    ended(result, "succeeded")
    expect(570 <= result["cpu_time_ms"] <= 1000, f"{result['cpu_time_ms']} ms counted, 600 burnt")
    return f"{result['cpu_time_ms']:.0f} ms counted, 600 used by six processes"


@case("C05", "storm of system calls", "uses only its own share of the processor", loads_host=True)
def call_storm(bench):
    sandbox = compiled(bench, """
#define _GNU_SOURCE
#include <linux/futex.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
    for (int i = 0; i < 3; i++) fork();
    int word = 0;
    struct stat info;
    for (;;) {
        syscall(SYS_getpid);
        syscall(SYS_futex, &word, FUTEX_WAKE, 1, 0, 0, 0);
        sched_yield();
        stat("/usr/lib/no-such-file", &info);
    }
}""")
    return run_for(bench, sandbox, 2, "./program", 1)


KERNEL_HOGS = {
    "dd": "dd if=/dev/zero of=/dev/null bs=64M",
    "directories": "while :; do ls -laR /usr/share /usr/lib > /dev/null; done",
    "proc": "while :; do cat /proc/self/maps /proc/*/status /proc/stat /proc/self/smaps > /dev/null; done",
    "sync": "while :; do echo x > file; sync; done",
    "syncfs": "while :; do echo x > file; sync -f file; sync -f /usr; done",
    "random": "cat /dev/urandom > /dev/null",
    "membarrier": "./program",
}


@case("C06", "time in the kernel: dd, directory walks, /proc, sync, syncfs, random numbers, membarrier",
      "charged and throttled", loads_host=True)
def kernel_hogs(bench):
    sandbox = compiled(bench, """
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <unistd.h>
int main(void) {
    syscall(SYS_membarrier, 2, 0, 0);
    for (;;) { syscall(SYS_membarrier, 1, 0, 0); syscall(SYS_membarrier, 8, 0, 0); }
}""")
    for name, code in KERNEL_HOGS.items():
        try:
            run_for(bench, sandbox, 0.7, code, 0.5)
        except AssertionError as failure:
            raise type(failure)(f"{name}: {failure}") from failure
    return f"{', '.join(KERNEL_HOGS)}: each stopped at its limit, none above half a core"


@case("C07", "loops of PAUSE, CLFLUSH, wide vectors and split locks", "ended at the limit", loads_host=True)
def awkward_instructions(bench):
    sandbox = compiled(bench, """
#include <string.h>
static char memory[256] __attribute__((aligned(64)));
int main(int count, char **arguments) {
    const char *what = count > 1 ? arguments[1] : "";
    if (!strcmp(what, "pause")) for (;;) __asm__ volatile("pause");
    if (!strcmp(what, "flush")) for (;;) __asm__ volatile("clflush %0; mfence" : "+m"(memory[0]));
    if (!strcmp(what, "split")) for (;;) __asm__ volatile("lock incq %0" : "+m"(*(long *)(memory + 60)));
    if (!strcmp(what, "avx512")) for (;;) __asm__ volatile("vpaddq %%zmm0, %%zmm1, %%zmm2" ::: "memory");
    if (!strcmp(what, "avx")) for (;;) __asm__ volatile("vaddps %%ymm0, %%ymm1, %%ymm2" ::: "memory");
    return 1;
}""", flags="-O0")
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        flags = file.read().split()
    kinds = ["pause", "flush", "split"] + ["avx"] * ("avx" in flags) + ["avx512"] * ("avx512f" in flags)
    for kind in kinds:
        watch = Stopwatch()
        result = bench.exec(sandbox, f"exec ./program {kind}", timeout_secs=0.5)
        watch.within(0.5)
        # A host that refuses split locks may kill the program with SIGBUS.
        if kind != "split" or result["signal"] != "SIGBUS":
            held(result, 0.5)
    detects = "slows split locks down" if "split_lock_detect" in flags else "does not detect split locks"
    return f"{', '.join(kinds)}: each ended; this processor {detects}"


def raw_execute(bench, text: str):
    """The status of a body that no JSON encoder would write, and the answer."""
    server = bench.server
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=HANG_SECONDS)
    with open(os.path.join(server.data, "admin.token"), encoding="ascii") as token:
        headers = {"Authorization": "Bearer " + token.read().strip(), "Content-Type": "application/json"}
    try:
        connection.request("POST", BASE + "/execute", text, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


@case("C09", "time limits of 0, below 0, almost nothing, NaN, infinity, beyond any number",
      "refused by name, or enforced; none means endless", quick=True)
def odd_limits(bench):
    for field in ('"timeout_secs": %s', '"timeout_ms": %s', '"resource_limits": {"timeout_ms": %s}'):
        for value in ("0", "-1", "-0.0", "NaN", "Infinity", "-Infinity", "1e308", "1e400", "1e-9", "1e-400",
                      "9223372036854775808", '"1"', "[]", "true", "3601000"):
            watch = Stopwatch()
            status, answer = raw_execute(
                bench, '{"language": "bash", "code": "while :; do :; done", %s}' % (field % value))
            watch.within(0.5)
            if status == 200 and "_secs" in field and value in ("1e-9",):
                # Nothing else tells this from the limit that holds when none is given.
                held(answer, 0)
                continue
            if value == "3601000" and "_secs" not in field:
                expect(status == 422, f"{field % value}: {status} {answer}")
            expect(status in (400, 422), f"{field % value}: {status} {answer}")
    watch = Stopwatch()
    held(bench.bash("while :; do :; done", timeout_ms=1), 0.001)
    watch.within(0.001)
    return "400 or 422 for each; 1 ms is held"
