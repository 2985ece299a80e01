# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group S: sandboxes that were made before they were asked for."""

import contextlib
import os
import signal

from hostile.bench import BASE, ended, out
from hostile.case import case, expect
from hostile.host import agents, processes_below, wait_for
from hostile.scratch_server import scratch_server

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
