# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group S: sandboxes that were made before they were asked for."""

import contextlib
import os
import signal
import time

from hostile.bench import BASE, ended, out
from hostile.case import case, expect
from hostile.host import agents, processes_below, wait_for
from hostile.oracle import cgroup_base, cgroup_mounts, lines
from hostile.scratch_server import scratch_server
from hostile.tenants import Attack, tenant

FLOOR = 4
ROUNDS = 24

# Says what an earlier program has left, leaves the same, and a process that would watch the next one.
POISON = """
import builtins, glob, json, os, subprocess, sys
places = ['.', os.path.expanduser('~'), '/tmp', '/var/tmp', '/dev/shm', '/run']
found = [place for place in places if glob.glob(place + '/poison*') or glob.glob(place + '/.poison*')]
if hasattr(builtins, 'poison'): found.append('builtins')
if json.dumps(1) != '1': found.append('json')
if 'POISON' in os.environ: found.append('environment')
if any(b'poison' in open(path, 'rb').read() for path in glob.glob('/proc/[0-9]*/cmdline')): found.append('process')
for place in places:
    for name in ('poison.py', '.poison'):
        try:
            open(os.path.join(place, name), 'w').write('left')
        except OSError:
            pass
builtins.poison = 1
json.dumps = lambda *_: 'poison'
os.environ['POISON'] = '1'
subprocess.Popen(['sh', '-c', 'exec -a poison sleep 600'], start_new_session=True,
                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
print(found)
"""


def poison(server):
    """Runs it in a sandbox that waits; tells which one that was."""
    answer = server.call("POST", BASE + "/execute", {"language": "python", "code": POISON})
    ended(answer, "succeeded")
    expect(out(answer) == "[]\n", f"an earlier program left {out(answer)}")
    return answer["sandbox_id"]


def templates(server) -> list:
    """Pid 1 of what interpreters are copied from."""
    return agents(server)


def copies(server) -> list:
    """Pid 1 of each sandbox that waits with an interpreter in it, while nothing runs."""
    return [pid for pid in processes_below(server, "/agent") if pid not in templates(server)]


def kill(processes: list) -> int:
    """Returns when they are gone: one that dies while a program begins would take that along, as one that dies later."""
    for pid in processes:
        # The sandbox of the run before may be on its way out still.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_for(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in processes), "killed ones stay")
    return len(processes)


@case("S18", "attack sandboxes of the warm pool: change them, kill them while they wait, let them grow old",
      "each is used once; dead ones are found; idle ones are removed", quick=True)
def made_in_advance(bench):
    with scratch_server(bench.server.program, pool=f"{{floor: {FLOOR}, ceiling: 8, idle_secs: 8}}") as server:
        used = {poison(server) for _ in range(ROUNDS)}
        expect(len(used) == ROUNDS, f"{ROUNDS - len(used)} sandboxes were used again")
        killed = 0
        # In the end the interpreter that they are copied from dies as well.
        for victims in (copies, copies, lambda server: copies(server) + templates(server)):
            wait_for(lambda: len(copies(server)) >= FLOOR, "no sandboxes were made in advance")
            killed += kill(victims(server))
            for _ in range(FLOOR):
                poison(server)
        wait_for(lambda: len(copies(server)) >= FLOOR, "no sandboxes are made in advance after their template died")
        wait_for(lambda: not copies(server), "sandboxes that nobody asks for stay")
    return f"{ROUNDS} runs in as many sandboxes; {killed} killed while they waited, unnoticed by the runs; none stays"


LATE = "the warm interpreter was not ready in time"
# A fork that is not ready after two seconds is given up.
FROZEN_SECONDS = 3
INNOCENT_RUNS = 100
# Few enough that each comes up again among those runs.
SLOTS = 72
TAKEN = "use the uid range"


@contextlib.contextmanager
def frozen(server, namespace: str):
    """Freezes all sandboxes of a namespace meanwhile, and what is started for it: a host that is too slow for it."""
    controls = [(f"{mount}/{cgroup_base(server.data)}/{namespace}/{name}", words)
                for mount in cgroup_mounts()
                for name, words in (("cgroup.freeze", ("1", "0")), ("freezer.state", ("FROZEN", "THAWED")))]
    present = [(path, words) for path, words in controls if os.path.exists(path)]
    expect(present, f"nothing of {namespace} can be frozen")

    def write(index: int) -> None:
        for path, words in present:
            with open(path, "w", encoding="ascii") as file:
                file.write(words[index])

    write(0)
    try:
        yield
    finally:
        write(1)


def late_starts(server) -> int:
    return sum(LATE in line for line in lines(server.log_path))


@case("S22", "use up the sandboxes made in advance while the host is too slow to make others, again and again",
      "what comes too late is removed, its ids are given back once, and 100 runs of somebody else succeed", quick=True)
def late_interpreters(bench):
    with scratch_server(bench.server.program, pool=f"{{floor: {FLOOR}, ceiling: 8}}", slots=SLOTS) as server:
        with tenant(server, "late") as late, tenant(server, "innocent") as innocent:
            for number in range(3):
                status, answer = late.execute("python", "print(1)")
                expect(status == 200, f"a run before the freeze gives {status}: {answer}")
                wait_for(lambda: len(copies(server)) >= FLOOR, "no sandboxes were made in advance")
                with Attack() as attack:
                    with frozen(server, late.namespace):
                        attack.start(FLOOR, lambda _: late.execute("python", "print(1)", timeout_secs=30))
                        time.sleep(FROZEN_SECONDS)
                        wait_for(lambda number=number: late_starts(server) > number, "no interpreter came too late")
                expect(all(status in (200, 503) for status, _ in attack.answers), attack.answers)
            with Attack() as attack:
                attack.start(4, lambda _: [innocent.execute("python", "print(1)") for _ in range(INNOCENT_RUNS // 4)])
            answers = [answer for several in attack.answers for answer in several]
            wrong = [answer for status, answer in answers if status != 200 or answer["stdout"] != "1\n"]
            expect(len(answers) == INNOCENT_RUNS and not wrong, f"{len(wrong)} of {len(answers)} runs failed: {wrong[:1]}")
            late_ones = late_starts(server)
            taken = [line for line in lines(server.log_path) if TAKEN in line]
            expect(not taken, f"{len(taken)} starts found their ids in use: {taken[:1]}")
    return f"{late_ones} came too late; {INNOCENT_RUNS} runs of another namespace succeeded"
