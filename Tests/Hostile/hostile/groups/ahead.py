# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group W: interpreters that wait for a program, and what a client leaves for them and for compilers."""

import glob
import json
import os
import signal
import time

from hostile.bench import BASE, Bench, ended, errors, out
from hostile.case import case, expect
from hostile.host import Background, command, in_runs, processor_seconds, run_cgroups, wait_for
from hostile.oracle import lines
from hostile.scratch_server import scratch_server

# Keeps interpreters ahead for stateful sandboxes, and none for others.
POOL = "{floor: 0, ceiling: 4}"
# No run here has more than a few seconds of its own; a server that waits for a tenant waits for 20 or 30.
PATIENCE_SECONDS = 12

# What the programs of a case have and an interpreter that waits has not.
RUN = [["RUN", "1"]]

# Executed by an interpreter that has no program yet, it sends the server a connection whose close lingers.
STALL = """
import os
if 'RUN' not in os.environ:
    with open('/workspace/hijacked', 'a') as file:
        file.write('here\\n')
    try:
        import array, socket, struct, time
        listener = socket.create_server(('127.0.0.1', 0))
        client = socket.create_connection(listener.getsockname())
        client.setblocking(False)
        try:
            while True:
                client.send(b'x' * 65536)
        except BlockingIOError:
            pass
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 25))
        channel = socket.socket(fileno=os.dup(3))
        channel.sendmsg([b'\\1'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [client.fileno()]))])
        client.close()
        time.sleep(30)
    except OSError as error:
        with open('/workspace/hijacked', 'a') as file:
            file.write(f'{error}\\n')
"""

# What is left, by name: each alone, since one of them may keep an interpreter from coming as far as another.
LEFT_FOR_PYTHON = {
    "a path configuration file": {"a.pth": "import hijack\n", "hijack.py": STALL},
    "a customization": {"sitecustomize.py": STALL, "usercustomize.py": STALL},
    "modules that start it": {"_outpost_starter.py": STALL, "hijack.py": STALL, "os.py": STALL, "site.py": STALL},
    # Imported before anything else, so that it cannot do much itself.
    "encodings": {"encodings/__init__.py": """
import posix
if b'RUN' not in posix.environ:
    posix.write(posix.open('/workspace/hijacked', posix.O_WRONLY | posix.O_CREAT, 0o644), b'here')
"""},
    "an environment": {"pyvenv.cfg": "home = /workspace\n", "._pth": "/workspace\nimport site\n"},
}

# Leaves it wherever Python looks before it runs a program.
PLANT = """
import json, os, site, sys
left = json.load(sys.stdin)
places = ['/workspace', '/dev/shm/.outpost', site.getusersitepackages(), *site.getsitepackages(),
          '/etc/outpost/python-led', '/tmp/.outpost', '/tmp/.outpost/workspace', '/etc/outpost/python',
          '/etc/outpost/python/.local/lib/python3.%d/site-packages' % sys.version_info[1], '/usr/bin']
for place in places:
    for name, text in left.items():
        try:
            path = os.path.join(place, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            if not os.path.exists(path):
                with open(path, 'w') as file:
                    file.write(text)
        except OSError:
            pass
"""

def a_neighbour_runs(server) -> float:
    """Seconds that a run of somebody else's takes, which nothing here may hold up."""
    started = time.monotonic()
    # Of a language that no interpreter waits for: those that the cases look at are then the client's own.
    call = Background(server.execute, "echo 1", language="bash", timeout_ms=60_000)
    answer = call.result(PATIENCE_SECONDS)
    expect(out(answer) == "1\n", f"a neighbour's run gave {answer}")
    return time.monotonic() - started


def await_spare(server) -> None:
    """Gives an interpreter that is started ahead the time to come up; one need not."""
    deadline = time.monotonic() + 1
    while not in_runs(server) and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(0.2)


@case("W01", "leave code where a warm interpreter looks for it, and let the code send the server a socket that lingers",
      "no code runs between runs, and the server waits for nobody", quick=True)
def code_for_an_interpreter(bench):
    slowest = 0
    with scratch_server(bench.server.program, pool=POOL) as server:
        for user in ("sandbox", "root"):
            for what, left in LEFT_FOR_PYTHON.items():
                sandbox = server.create(mode="stateful", security={"user": user})["id"]
                ended(server.exec(sandbox, PLANT, stdin=json.dumps(left), env=RUN), "succeeded")
                await_spare(server)
                slowest = max(slowest, a_neighbour_runs(server))
                seen = server.call("POST", f"{BASE}/{sandbox}/exec", {"command": ["/bin/cat", "hijacked"]})
                expect(seen["exit_code"] == 1, f"{what} of a client's ran before its run, as {user}: {out(seen)}")
                server.call("DELETE", f"{BASE}/{sandbox}", status=204)
    return f"nothing ran before its run, as either user; a neighbour's run took {slowest * 1000:.0f} ms at most"


PLANT_NODE = r"""
const fs = require('fs'), cp = require('child_process'), path = require('path');
const hijack = "if (!('RUN' in process.env)) require('fs').appendFileSync('/workspace/hijacked', __filename + '\\n');";
const home = require('os').homedir();
for (const place of ['/dev/shm/.outpost', '/workspace', '/workspace/node_modules/fs', home + '/.node_modules',
                     home + '/.node_libraries', '/tmp/.outpost', '/etc/outpost/node', '/node_modules/fs', '/usr/lib/node']) {
    try {
        fs.mkdirSync(place, { recursive: true });
        for (const name of ['starter.cjs', 'warming.cjs', 'index.js', 'missing.mjs'])
            if (!fs.existsSync(path.join(place, name))) fs.writeFileSync(path.join(place, name), hijack);
        fs.writeFileSync(path.join(place, 'package.json'), '{"type": "module", "main": "index.js"}');
        if (!fs.existsSync(path.join(place, 'main.cjs'))) cp.execFileSync('mkfifo', [path.join(place, 'main.cjs')]);
    } catch (error) {}
}
"""


@case("W02", "leave FIFOs and packages where Node.js starts before its program",
      "they do not delay the next run", quick=True)
def a_fifo_for_an_interpreter(bench):
    with scratch_server(bench.server.program, pool=POOL, max_concurrent_runs=1) as server:
        sandbox = server.create(mode="stateful", language="node")["id"]
        ended(server.exec(sandbox, PLANT_NODE, env=RUN), "succeeded")
        await_spare(server)
        run = Background(server.exec, sandbox, "console.log(require('fs').existsSync('/workspace/hijacked'))",
                         timeout_ms=1000, env=RUN)
        answer = run.result(PATIENCE_SECONDS)
        expect(answer["status"] == "timed_out" or out(answer) == "false\n", f"it gave {answer}")
        a_neighbour_runs(server)
    return f"the next run ended as {answer['status']} in {answer['duration_ms']:.0f} ms"


@case("W03", "be a warm interpreter that never becomes ready", "the next run does not wait for it beyond its own limit",
      quick=True)
def never_ready(bench):
    statuses = []
    with scratch_server(bench.server.program, pool=POOL, max_concurrent_runs=1) as server:
        for language, code in (("python", "print(1)"), ("node", "console.log(1)")):
            sandbox = server.create(mode="stateful", language=language)["id"]
            ended(server.exec(sandbox, code), "succeeded")
            wait_for(lambda: in_runs(server), f"no {language} is started ahead")
            for process in in_runs(server):
                os.kill(process, signal.SIGSTOP)
            run = Background(server.exec, sandbox, code, timeout_ms=1000)
            statuses.append(ended(run.result(PATIENCE_SECONDS), "succeeded", "timed_out"))
            a_neighbour_runs(server)
            server.call("DELETE", f"{BASE}/{sandbox}", status=204)
    return f"the runs ended as {' and '.join(statuses)}, each in its time"


def is_frozen(cgroup: str) -> bool:
    """What the kernel says of a cgroup's processes: version 2 in one file, the freezer of version 1 in another."""
    return "frozen 1" in lines(f"{cgroup}/cgroup.events") or "FROZEN" in lines(f"{cgroup}/freezer.state")


@case("W06", "be a warm interpreter that a client has taken over, and work between runs",
      "the kernel freezes it until its run comes", quick=True)
def work_between_runs(bench):
    runs = 0
    with scratch_server(bench.server.program, pool=POOL) as server:
        for language, code in (("python", "print(1)"), ("node", "console.log(1)")):
            sandbox = server.create(mode="stateful", language=language)["id"]
            ended(server.exec(sandbox, code), "succeeded")
            for _ in range(8):
                wait_for(lambda: any(map(is_frozen, run_cgroups(server))), f"no {language} waits frozen")
                waiting = in_runs(server)
                expect(interpreters(server, language), f"no {language} is among {waiting}")
                before = processor_seconds(*waiting)
                for process in waiting:
                    # A signal that it has no handler for, and whose default is to go on: it would have to run to take it.
                    os.kill(process, signal.SIGCONT)
                a_neighbour_runs(server)
                expect(processor_seconds(*waiting) == before, f"{language} has run between runs")
                expect_one(server.exec(sandbox, code), "a run in a place that was frozen")
                # At once, whether the next has come up, is held, or is just about to be.
                expect_one(server.exec(sandbox, code), "a run at once after another")
                runs += 2
            server.call("DELETE", f"{BASE}/{sandbox}", status=204)
            # What waits for the neighbour's next run is none, and stays for half a minute.
            wait_for(lambda: not interpreters(server, language), "an interpreter stays after its sandbox")
    return f"{runs} runs of two languages, those held before them used no processor time"


def interpreters(server, language: str) -> list:
    """The processes of runs that are an interpreter of the language."""
    return [pid for pid in in_runs(server) if language in command(pid)]


def expect_one(answer: dict, what: str) -> None:
    ended(answer, "succeeded")
    expect(out(answer) == "1\n", f"{what} gave {answer}")


MAXIMA = {"memory_mb": 100, "cpu_cores": 0.5, "max_processes": 9}
# What the kernel calls them, and the most that it may say.
BOUNDS = {"memory.max": 100 << 20, "memory.limit_in_bytes": 100 << 20, "pids.max": 9, "cpu.max": 50_000,
          "cpu.cfs_quota_us": 50_000}


def latest(paths) -> list:
    """Those of the run that began last: one that is being killed has its limit of processor time taken away."""
    number = max(int(path.rsplit("-", 1)[1]) for path in paths)
    return [path for path in paths if path.endswith(f"/run-{number}")]


def above_maxima(paths) -> list:
    found = []
    for path in paths:
        for name, most in BOUNDS.items():
            for file in glob.glob(os.path.join(path, name)):
                with open(file, encoding="ascii") as text:
                    value = text.read().split()[0]
                if value in ("max", "-1") or int(value) > most:
                    found.append(f"{file}: {value}")
    return found


@case("W04", "find a warm interpreter with more than the operator allows anyone",
      "the maxima limit it", quick=True)
def more_than_the_maxima(bench):
    most = "{" + ", ".join(f"{name}: {value}" for name, value in MAXIMA.items()) + "}"
    limits = f"{{defaults: {most}, maxima: {most}}}"
    seen = 0
    with scratch_server(bench.server.program, pool=POOL, limits=limits) as server:
        for language, code in (("python", "print(1)"), ("node", "console.log(1)")):
            sandbox = server.create(mode="stateful", language=language)["id"]
            ended(server.exec(sandbox, code), "succeeded")
            wait_for(lambda: in_runs(server), f"no {language} is started ahead")
            cgroups = latest(run_cgroups(server))
            wrong = above_maxima(cgroups)
            expect(not wrong, f"above the maxima: {wrong}")
            seen += len(cgroups)
            server.call("DELETE", f"{BASE}/{sandbox}", status=204)
            wait_for(lambda: not run_cgroups(server), "an interpreter stays after its sandbox")
    return f"{seen} cgroups of interpreters that waited, none above the maxima"


MANIFEST = """name: script
file: main.sh
compile:
  command: [/bin/sh, "{file}", "{output}"]
  timeout_ms: 60000
  memory_mb: 64
  reuse: true
run: ["{output}"]
detect:
  program: /bin/sh
  version: [/bin/sh, --version]
  install: apt-get install dash
"""

# What a compiler may leave in place of a program; each is no program.
LEFT = {
    "a link to /dev/zero": 'ln -s /dev/zero "$1"',
    "a FIFO": 'mkfifo "$1"',
    "a link to a FIFO": 'mkfifo "$1.fifo"; ln -s "$1.fifo" "$1"',
    "a directory": 'mkdir "$1"',
    "a sparse file": 'truncate -s 900M "$1"; chmod 755 "$1"',
    "a link to a stream of its own": 'ln -s /proc/self/fd/0 "$1"',
    "a link to itself": 'ln -s "$1" "$1"',
    "a socket": 'python3 -c "import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])" "$1"',
    "nothing": "true",
}


@case("W05", "let a compiler leave, instead of a program, a file that never ends when it is read",
      "the run fails soon", quick=True)
def no_program(bench):
    took = {}
    directory = "/var/tmp"
    with manifests(directory) as folder, scratch_server(
            bench.server.program, languages_dir=folder, max_concurrent_runs=1) as server:
        own = Bench(server, bench.control)
        for what, script in LEFT.items():
            for tests in ({}, {"tests": [{"stdin": "1\n", "expected_stdout": "1\n"}]}):
                started = time.monotonic()
                call = Background(own.execute, "script", script, timeout_ms=1000, **tests)
                answer = call.result(PATIENCE_SECONDS * 2)
                took[what] = time.monotonic() - started
                ended(answer, "failed", "compile_failed")
                expect(took[what] < PATIENCE_SECONDS, f"{what}: {took[what]:.1f} s")
                said = f"{errors(answer)}{answer.get('message') or ''}{(answer.get('compile') or {}).get('stderr') or ''}"
                expect(said.strip() or tests, f"{what}: nothing says why: {answer}")
    slowest = max(took, key=took.get)
    return f"{len(LEFT)} kinds, with tests and without; the slowest, {slowest}, in {took[slowest]:.1f} s"


class manifests:
    """A folder with the manifest of a language whose source is its compiler."""

    def __init__(self, directory: str):
        self.path = os.path.join(directory, f"outpost-hostile-languages-{os.getpid()}")

    def __enter__(self) -> str:
        os.makedirs(self.path)
        with open(os.path.join(self.path, "script.yaml"), "w", encoding="ascii") as file:
            file.write(MANIFEST)
        return self.path

    def __exit__(self, *_) -> None:
        os.remove(os.path.join(self.path, "script.yaml"))
        os.rmdir(self.path)
