# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group S: crashes, ends and races."""

import http.client
import os
import random
import signal
import statistics
import subprocess
import time

from hostile.bench import BASE, Stopwatch, ended, out
from hostile.case import HANG_SECONDS, Failure, case, expect
from hostile.host import Background, agents, in_runs, run_cgroups, wait_for
from hostile.oracle import field, lines, parent
from hostile.scratch_server import restart, scratch_server


WRITE = """
import os
with open('file', 'w') as file:
    file.write('{text}')
    file.flush()
    os.fsync(file.fileno())
print('kept')
"""


def execute(server, code: str, **fields):
    """The status and the execution of a shell program, or (0, None) when the connection broke."""
    try:
        return server.request("POST", BASE + "/execute", {"language": "bash", "code": code, **fields})
    except (OSError, http.client.HTTPException):
        return 0, None


@case("S01", "SIGKILL of the server at random points of runs, eight times",
      "no program runs on, nothing is left, files are kept")
def server_killed(bench):
    chance = random.Random(1)
    with scratch_server(bench.server.program) as server:
        sandbox = server.create(mode="stateful")["id"]
        for number in range(8):
            calls = [Background(execute, server, "sleep 600 & sleep 600") for _ in range(3)]
            written = server.exec(sandbox, WRITE.format(text=number))
            expect(out(written) == "kept\n", written)
            time.sleep(chance.uniform(0, 0.1))
            server.kill()
            expect([call.result()[0] for call in calls] == [0] * 3, "a run was answered by a dead server")
            restart(server)
            expect(not in_runs(server) and not run_cgroups(server), "a run went on")
            expect(out(server.exec(sandbox, "print(open('file').read())")) == f"{number}\n", "the file is lost")
        server.call("DELETE", f"{BASE}/{sandbox}", status=204)
    return "8 kills with 3 runs each: connections closed, files kept, nothing left"


@case("S08", "a second server on the same data directory", "it refuses to start; the first goes on", quick=True)
def second_server(bench):
    watch = Stopwatch()
    second = subprocess.run(
        [bench.server.program, "serve", "--listen", "127.0.0.1:0", "--data-dir", bench.server.data],
        capture_output=True, text=True, timeout=HANG_SECONDS, check=False)
    expect(second.returncode != 0, "a second server has started")
    expect(bench.server.data in second.stderr, second.stderr)
    ended(bench.bash("echo 1"), "succeeded")
    return f"exit {second.returncode} after {watch.seconds():.1f} s: {second.stderr.splitlines()[0]}"


@case("S13", "SIGTERM with 50 runs in progress", "no new runs; these finish, exit 0; too long ones are cancelled")
def drain(bench):
    with scratch_server(bench.server.program, drain_secs=12) as server:
        short = [Background(execute, server, "sleep 599; echo end", timeout_secs=600) for _ in range(48)]
        long = [Background(execute, server, "sleep 600", timeout_secs=600) for _ in range(2)]
        wait_for(lambda: len(sleeping(server, "599")) == 48 and len(agents(server)) == 50, "the runs did not start")
        watch = Stopwatch()
        server.process.send_signal(signal.SIGTERM)
        refused = wait_for_refusal(server)
        for pid in sleeping(server, "599"):
            os.kill(pid, signal.SIGTERM)
        code = server.process.wait(12 + HANG_SECONDS)
        took = watch.seconds()
        expect(code == 0, f"exit {code} after {took:.1f} s")
        for call in short:
            status, answer = call.result()
            expect(status == 200 and ended(answer, "succeeded") and out(answer) == "end\n", f"{status} {answer}")
        for call in long:
            status, answer = call.result()
            expect(status == 200 and answer["status"] == "cancelled", f"{status} {answer}")
    return f"48 finished, 2 cancelled, a new one {refused}; exit 0 after {took:.1f} s"


def sleeping(server, seconds: str) -> list:
    """The programs of runs that sleep so long."""
    return [pid for pid in in_runs(server)
            if "".join(lines(f"/proc/{pid}/cmdline")).split("\0")[:2] == ["sleep", seconds]]


def wait_for_refusal(server) -> str:
    """Tries until a run is refused, which a server that was told to end must begin to do while others go on."""
    watch = Stopwatch()
    while True:
        status, _ = execute(server, "true")
        if status in (0, 503):
            return "got 503" if status else "got no connection"
        expect(status == 200 and watch.seconds() < HANG_SECONDS, f"answered {status}")


HOSTILE_MIX = (
    {"code": ":(){ :|:& };:; wait", "timeout_secs": 0.4, "resource_limits": {"max_processes": 32}},
    {"code": "yes | head -c 20000000", "timeout_secs": 2},
    {"code": "x=x; while :; do x=$x$x; done", "timeout_secs": 2, "resource_limits": {"memory_mb": 32}},
    {"code": "while :; do :; done", "timeout_secs": 0.3},
    {"code": "for i in $(seq 40); do (setsid sleep 600 &); done", "timeout_secs": 2},
    {"code": "head -c 100000000 /dev/zero > file", "timeout_secs": 2, "resource_limits": {"disk_mb": 16}},
    {"code": "kill -9 $$", "timeout_secs": 2},
    {"code": "echo 1", "timeout_secs": 2},
)


@case("S16", "20 s of a random mix of attacks", "memory, descriptors and threads of the server stay level")
def soak(bench):
    chance = random.Random(16)
    until = time.monotonic() + 20
    count = [0, 0]

    def client(index):
        while time.monotonic() < until:
            body = {"language": "bash", **chance.choice(HOSTILE_MIX)}
            if chance.random() < 0.2:
                sandbox = bench.server.create(mode="stateful", resource_limits={"disk_mb": 16})["id"]
                answer = bench.server.call("POST", f"{BASE}/{sandbox}/exec", body)
                bench.server.call("DELETE", f"{BASE}/{sandbox}", status=204)
            else:
                answer = bench.server.call("POST", BASE + "/execute", body)
            if answer["status"] == "sandbox_error":
                raise Failure(f"{body}: {answer}")
            count[index] += 1

    clients = [Background(client, index) for index in range(2)]
    samples = []
    while not all(call.is_over() for call in clients):
        samples.append(usage(bench.server.process.pid))
        time.sleep(0.25)
    for call in clients:
        call.result()
    # What is filled once, as buffers and pools, is filled in the first third.
    early, late = (median_usage(part) for part in (samples[len(samples) // 3:][:12], samples[-12:]))
    expect(late[0] <= early[0] * 1.2 + 8192, f"memory grew from {early[0]} to {late[0]} KiB")
    expect(late[1] <= early[1] + 20, f"descriptors grew from {early[1]} to {late[1]}")
    expect(late[2] <= early[2] + 4, f"threads grew from {early[2]} to {late[2]}")
    return (f"{sum(count)} runs; memory {early[0] // 1024:.0f} → {late[0] // 1024:.0f} MiB, "
            f"descriptors {early[1]:.0f} → {late[1]:.0f}, threads {early[2]:.0f} → {late[2]:.0f}")


def usage(pid: int):
    """Resident KiB, descriptors and threads."""
    return int(field(pid, "VmRSS").split()[0]), len(os.listdir(f"/proc/{pid}/fd")), int(field(pid, "Threads"))


def median_usage(samples: list):
    return [statistics.median(values) for values in zip(*samples)]


@case("S19", "SIGKILL of a sandbox's agent during a run", "sandbox_error at once; the next run works, files are kept",
      quick=True)
def agent_killed(bench):
    sandbox = bench.sandbox()
    ended(bench.exec(sandbox, WRITE.format(text="yes")), "succeeded")
    sleep = "import time\ntime.sleep(600)"
    for run in (bench.exec, sandbox, sleep), (bench.python, sleep):
        call = Background(*run, timeout_secs=600)
        wait_for(lambda: in_runs(bench.server), "the run did not start")
        # The agent is what made the program.
        agent = parent(in_runs(bench.server)[0])
        expect(agent in agents(bench.server), f"{agent} is no agent")
        os.kill(agent, signal.SIGKILL)
        ended(call.result(HANG_SECONDS), "sandbox_error")
        wait_for(lambda: not in_runs(bench.server), "the program outlives its agent")
    expect(out(bench.exec(sandbox, "print(open('file').read())")) == "yes\n", "the file is lost")
    return "sandbox_error for a stateful and an ephemeral run, then both work"


@case("S20", "a program that ends in the same millisecond as its time limit, 200 times",
      "exactly one cause of the end")
def end_at_the_limit(bench):
    limit_ms = 60
    seen = {"succeeded": 0, "timed_out": 0}
    # Where the two meet depends on how long this host takes to start a program.
    nap, step, before = 0.05, 0.0002, None

    def one(seconds):
        return bench.execute(command=["/bin/sleep", f"{max(seconds, 0):.4f}"], language="bash", timeout_ms=limit_ms)

    for _ in range(50):
        for call in [Background(one, nap + offset / 1000) for offset in (-0.6, -0.2, 0.2, 0.6)]:
            result = call.result()
            status = ended(result, "succeeded", "timed_out")
            seen[status] += 1
            end = (result["exit_code"], result["signal"])
            wanted = (0, None) if status == "succeeded" else (None, "SIGKILL")
            expect(end == wanted, f"{status} with exit {end[0]} and signal {end[1]}")
            # In longer steps while it is far from there, as on a machine that does much else.
            step = min(2 * step, 0.1) if status == before else 0.0002
            before = status
            nap += -step if status == "timed_out" else step
            if nap < 0:
                nap, limit_ms = 0, 2 * limit_ms
    expect(min(seen.values()) > 0, f"the two never met: {seen}")
    return f"{seen['succeeded']} succeeded, {seen['timed_out']} timed out, each with its own end"
