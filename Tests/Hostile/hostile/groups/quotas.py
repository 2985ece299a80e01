# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group Q: one namespace that takes all it can get, beside another that must go on working."""

import contextlib
import http.client
import json
import os
import signal
import socket
import statistics
import time
import uuid

from hostile.beside import MOST_SHARED
from hostile.case import HANG_SECONDS, case, expect
from hostile.groups.ahead import manifests
from hostile.groups.api_bodies import RECORD_BYTES, record
from hostile.groups.api_wire import admin, new_token, resident_bytes
from hostile.groups.state_disk import small_disk
from hostile.host import command, in_runs, processor_seconds, wait_for
from hostile.scratch_server import restart, scratch_server
from hostile.tenants import NOISE_SECONDS, Attack, neighbour, percentile, tenant

# How long an attack goes on beside the neighbour.
SECONDS = 8


def refusals(attack: Attack, quota: str) -> int:
    """How many answers were 429; each must name the quota."""
    refused = [answer for status, answer in attack.answers if status == 429]
    expect(all(quota in answer["message"] for answer in refused), refused[:1])
    return len(refused)


# How long a run sleeps that is held, by which its process is known.
HELD = 12345


def end_the_held(server) -> None:
    """Ends the programs that sleep so long."""
    for pid in in_runs(server):
        if command(pid).split()[:2] == ["sleep", str(HELD)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)


@case("Q01", "a tenant starts as many runs as the server takes", "it has its share, and another's run works meanwhile",
      quick=True, has_neighbour=True)
def all_runs(bench):
    with scratch_server(bench.server.program, max_concurrent_runs=16) as server:
        with tenant(server, "greedy") as greedy, neighbour(server) as watched:
            with Attack() as attack:
                attack.start(24, lambda _: greedy.execute("bash", f"exec sleep {HELD}", timeout_secs=300))
                wait_for(lambda: attack.count(429) >= 12, "less than 12 were refused")
                watched.wait_for_enough(SECONDS)
                end_the_held(server)
            held = attack.count(200)
            expect(held == 12 and refusals(attack, "max_concurrent_runs") == 12, attack.answers[:3])
        return f"{held} of 24 runs, the others 429; neighbour {watched.verdict()}"


@case("Q02", "a tenant makes sandboxes until it gets no more", "429 at its quota; another makes one meanwhile", quick=True,
      has_neighbour=True)
def all_sandboxes(bench):
    with scratch_server(bench.server.program, quotas="{default: {max_sandboxes: 20}}") as server:
        with tenant(server, "greedy") as greedy, tenant(server, "other") as other, neighbour(server) as watched:
            answers = [greedy.request("POST", "", {"language": "bash", "mode": mode})
                       for mode in ("ephemeral", "stateful") for _ in range(15)]
            refused = [answer for status, answer in answers if status == 429]
            expect(len(refused) == 10 and "max_sandboxes, limit 20, in use 20" in refused[0]["message"], refused[:1])
            sandbox = other.create(mode="ephemeral")
            status, answer = other.request("POST", f"/{sandbox}/exec", {"code": "echo 1"})
            expect(status == 200 and answer["stdout"] == "1\n", answer)
            with Attack() as attack:
                attack.start(4, lambda _: greedy.request("POST", "", {"language": "bash"}), again=True)
                watched.wait(SECONDS)
            expect(attack.count(429) == len(attack.answers), "one more was made")
        return f"20 were made, {10 + len(attack.answers)} got 429; neighbour {watched.verdict()}"


@case("Q03", "a tenant fills disks until it gets no more",
      "507 at its share; another writes to a disk of its own", quick=True,
      has_neighbour=True)
def all_disk(bench):
    fill = "head -c 15000000 /dev/zero > file; sync"
    with scratch_server(bench.server.program, around=small_disk, unload_after_secs=1) as server:
        with tenant(server, "greedy") as greedy, tenant(server, "other") as other, neighbour(server) as watched:
            answers = []
            for _ in range(8):
                sandbox = greedy.create(resource_limits={"disk_mb": 20})
                answers.append(greedy.request("POST", f"/{sandbox}/exec", {"code": fill}))
            refused = [answer for status, answer in answers if status == 507]
            expect(refused and "disk_mb" in refused[0]["message"], answers[-1])
            expect({status for status, _ in answers} == {200, 507}, [status for status, _ in answers])
            sandbox = other.create(resource_limits={"disk_mb": 16})
            status, answer = other.request("POST", f"/{sandbox}/exec", {"code": "echo mine > file; sync; cat file"})
            expect(status == 200 and answer["stdout"] == "mine\n", f"another gets {status}: {answer}")
            used = greedy.use("disk_mb")
            watched.wait_for_enough(SECONDS)
        return f"{len(answers) - len(refused)} disks of 20 MiB, then 507 with {used} MiB; neighbour {watched.verdict()}"


@case("Q04", "a tenant asks for 56 unusual kinds of sandboxes, again and again",
      "its own kinds replace each other; another's are ready", quick=True, has_neighbour=True)
def all_shelves(bench):
    with scratch_server(bench.server.program, pool="{floor: 2, ceiling: 16}") as server:
        with tenant(server, "greedy") as greedy, neighbour(server) as watched:
            odd = [greedy.execute("bash", "true", working_dir=f"/tmp/{number}") for number in range(56)]
            expect(all(status == 200 for status, _ in odd), [status for status, _ in odd])
            kinds, ready = greedy.use("pool_kinds"), greedy.use("pool_sandboxes")
            expect(kinds <= 24 and ready <= 48, f"{kinds} kinds, {ready} sandboxes")
            expect(watched.caller.use("pool_kinds") >= 1, "the neighbour's kind is gone")
        return f"{kinds} kinds and {ready} sandboxes are its own; neighbour {watched.verdict()}"


def server_seconds(server, action) -> float:
    """The processor time that a server takes for something, what it does of it afterwards too."""
    before = processor_seconds(server.process.pid)
    action()
    last = None
    deadline = time.monotonic() + HANG_SECONDS
    while last is None or processor_seconds(server.process.pid) - last > 0.02:
        expect(time.monotonic() < deadline, "the server does not come to rest")
        last = processor_seconds(server.process.pid)
        time.sleep(0.3)
    return last - before


# Enough for their processor time to be many of the kernel's ticks.
RUNS = 20


@case("Q05", "1,000 connections with a head that does not end, without a token",
      "each costs less than a run, the oldest are closed, the server's memory does not grow, others get answers", quick=True,
      has_neighbour=True)
def strangers(bench):
    connections = []
    cost = grown = 0

    def connect():
        for _ in range(1000):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            connections.append(connection)
            with contextlib.suppress(OSError):
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 60_000)

    def attack():
        nonlocal cost, grown
        before = resident_bytes(server)
        cost = server_seconds(server, connect) / 1000
        grown = (resident_bytes(server) - before) / 2**20

    with scratch_server(bench.server.program) as server:
        with tenant(server, "runs") as caller:
            run = server_seconds(server, lambda: [caller.execute("python", "print(1)") for _ in range(RUNS)]) / RUNS
        # How long so many take depends on the machine and on who else uses it; what one costs beside a run does not.
        with contextlib.ExitStack() as stack, neighbour(server, first=attack) as watched:
            watched.wait_for_enough(SECONDS)
            open_at_last = sum(is_open(connection) for connection in connections)
        expect(cost <= run, f"a stranger costs {cost * 1000:.1f} ms of the processor, a run {run * 1000:.1f} ms")
        expect(open_at_last <= 520, f"{open_at_last} of 1,000 are open")
        expect(grown < 120, f"the server has grown by {grown:.0f} MiB")
        return (f"{cost * 1000:.1f} ms each, where a run is {run * 1000:.1f}; {open_at_last} stayed open, +{grown:.0f} MiB; "
                f"neighbour {watched.verdict()}")


def is_open(connection) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


@case("Q06", "a tenant keeps connections open with its token until it gets no more",
      "429 at its share; another gets answers",
      quick=True, has_neighbour=True)
def all_connections(bench):
    with scratch_server(bench.server.program, max_connections=32) as server:
        with tenant(server, "greedy") as greedy, neighbour(server) as watched, contextlib.ExitStack() as stack:
            statuses = []
            for _ in range(32):
                connection = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=60))
                connection.sendall(f"GET {greedy.base} HTTP/1.1\r\nHost: x\r\nAuthorization: {greedy.authorization}\r\n\r\n"
                                   .encode())
                statuses.append(connection.recv(65536).split(b" ")[1])
            served = statuses.count(b"200")
            # Those of the administrator and of the other tenant make its share a little less.
            expect(20 <= served <= 24 and served + statuses.count(b"429") == 32, statuses)
            watched.wait_for_enough(SECONDS)
        return f"{served} of 32 connections, the others got 429; neighbour {watched.verdict()}"


@case("Q07", "a tenant queues runs in one stateful sandbox until it gets no more",
      "429; the queued runs take no place among the runs",
      quick=True, has_neighbour=True)
def one_queue(bench):
    with scratch_server(bench.server.program, max_concurrent_runs=8, quotas="{default: {max_waiting_runs: 20}}") as server:
        with tenant(server, "greedy") as greedy:
            sandbox = greedy.create()
            with neighbour(server) as watched, Attack() as attack:
                # The first goes on until all of them have come, and longer.
                code = f"[ -e begun ] || {{ touch begun; sleep {HELD}; }}; sleep 0.1"
                attack.start(36, lambda _: greedy.request("POST", f"/{sandbox}/exec", {"code": code, "timeout_secs": 300}))
                wait_for(lambda: attack.count(429) >= 15, "less than 15 were refused")
                watched.wait_for_enough(SECONDS / 2)
                running = greedy.use("max_concurrent_runs")
                expect(running <= 1, f"{running} places are held")
                end_the_held(server)
            refused = refusals(attack, "max_waiting_runs")
            expect(refused >= 15 and attack.count(200) == 36 - refused, attack.answers[:2])
        return f"{refused} of 36 got 429; neighbour {watched.verdict()}"


@case("Q08", "16 connections send 9 MiB of JavaScript", "/healthz and another's run stay fast", quick=True,
      has_neighbour=True)
def large_sources(bench):
    source = "x = (function () { return /a[b/]c/ / 2; })() + `${1}`; // "
    body = ('{"language": "node", "code": "' + source * (9 * 2**20 // len(source)) + '"}').encode()
    with scratch_server(bench.server.program) as server:
        with tenant(server, "greedy") as greedy, neighbour(server) as watched, Attack() as attack:
            attack.start(16, lambda _: greedy.request("POST", "/execute", body, timeout=20), again=True)
            health = []
            deadline = time.monotonic() + SECONDS / 2
            while time.monotonic() < deadline:
                started = time.monotonic()
                expect(server.is_healthy(), "/healthz does not answer")
                health.append(time.monotonic() - started)
                time.sleep(0.05)
            memory = resident_bytes(server) / 2**20
            attack.stopping.set()
        slowest = max(health) * 1000
        return f"/healthz {slowest:.0f} ms at most, {memory:.0f} MiB; neighbour {watched.verdict()}"


@case("Q09", "60 runs that spin", "another's run is as fast as the weights of namespaces allow", has_neighbour=True)
def spinning_runs(bench):
    with scratch_server(bench.server.program) as server:
        with tenant(server, "greedy") as greedy, neighbour(server) as watched, Attack() as attack:
            attack.start(60, lambda _: greedy.execute("bash", "while :; do :; done", timeout_secs=SECONDS + 4), again=True)
            watched.wait(SECONDS + 4)
        return f"{attack.count(200)} runs; neighbour {watched.verdict()}"


@case("Q10", "one run with 60 processes that spin", "another's run is as fast as the weights of namespaces allow",
      quick=True, has_neighbour=True)
def spinning_processes(bench):
    with scratch_server(bench.server.program) as server:
        with tenant(server, "greedy") as greedy, neighbour(server) as watched, Attack() as attack:
            spin = "for i in {1..60}; do while :; do :; done & done; wait"
            # The last one is waited for, so it must not be long.
            attack.start(1, lambda _: greedy.execute("bash", spin, timeout_secs=SECONDS / 2,
                                                     resource_limits={"cpu_cores": os.cpu_count()}), again=True)
            watched.wait(SECONDS)
        return f"neighbour {watched.verdict()}"


def free_bytes(server) -> int:
    room = os.statvfs(server.data)
    return room.f_bavail * room.f_frsize


@case("Q11", "fill a disk, unload it, mount it and empty it; others take the space; then fill it again",
      "the reserve of 64 MiB stays, or the later ones are refused", quick=True)
def promised_twice(bench):
    fill = "head -c 38000000 /dev/zero > file; sync"
    with scratch_server(bench.server.program, around=small_disk, unload_after_secs=1,
                        quotas="{default: {disk_mb: 1000}}") as server:
        with tenant(server, "greedy") as greedy:
            first = greedy.create(resource_limits={"disk_mb": 40})
            expect(greedy.request("POST", f"/{first}/exec", {"code": fill})[0] == 200, "the disk cannot be filled")
            time.sleep(2)
            with Attack() as attack:
                # It stays mounted meanwhile, with nothing in it.
                attack.start(1, lambda _: greedy.request(
                    "POST", f"/{first}/exec", {"code": f"rm file; sync; sleep 6; {fill}; sleep 2", "timeout_secs": 60}))
                time.sleep(3)
                others = [greedy.create(resource_limits={"disk_mb": 40}) for _ in range(3)]
                attack.start(3, lambda number: greedy.request(
                    "POST", f"/{others[number]}/exec", {"code": f"{fill}; sleep 5", "timeout_secs": 60}))
                least = free_bytes(server)
                while any(thread.is_alive() for thread in attack.threads):
                    least = min(least, free_bytes(server))
                    time.sleep(0.05)
            expect(all(status in (200, 507) for status, _ in attack.answers), attack.answers)
            expect(least >= 62 << 20, f"{least >> 20} MiB were free at the least")
    return f"{attack.count(507)} of 3 refused; never less than {least >> 20} MiB free"


@case("Q12", "make a token with the name of a revoked one, and send its Idempotency-Key", "the call runs again",
      quick=True)
def inherited_key(bench):
    key, name, path = uuid.uuid4().hex, f"hostile-{uuid.uuid4().hex[:12]}", "/auth/v1/seed/default/sandbox/execute"
    answers = []
    with admin(bench.server) as caller:
        for holder in ("first", "second"):
            made = caller.call("POST", "/auth/v1/pat", {"name": name})
            with connection_to(bench.server) as connection:
                body = '{"language": "bash", "code": "echo $RANDOM$RANDOM"}'
                connection.request("POST", path, body, {
                    "Authorization": f"Bearer {made.json['token']}", "Content-Type": "application/json",
                    "Idempotency-Key": key})
                answers.append(connection.getresponse().read())
            expect(caller.call("DELETE", f"/auth/v1/pat/{name}").status == 204, f"the {holder} token stays")
    expect(answers[0] != answers[1], "the second holder was told the first one's answer")
    return "two answers of two runs"


def connection_to(server, timeout: float = 60):
    return contextlib.closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=timeout))


@case("Q13", "calls with always new Idempotency-Keys", "429 at the quota; another gets answers", quick=True,
      has_neighbour=True)
def remembered_calls(bench):
    with scratch_server(bench.server.program, quotas="{default: {max_idempotency_records: 10}}") as server:
        with neighbour(server) as watched, new_token(server, namespace="greedy") as (authorization, _):
            statuses = []
            for _ in range(15):
                with connection_to(server) as connection:
                    connection.request("POST", "/auth/v1/seed/greedy/sandbox", '{"language": "bash"}', {
                        "Authorization": authorization, "Content-Type": "application/json",
                        "Idempotency-Key": uuid.uuid4().hex})
                    statuses.append(connection.getresponse().status)
            expect(statuses == [201] * 10 + [429] * 5, statuses)
            watched.wait_for_enough(SECONDS)
        return f"10 are remembered, 5 got 429; neighbour {watched.verdict()}"


# A program that its compiler copies: its text, a comment, makes it another one.
PROGRAM = "cp /bin/true \"$1\" # {}"
# Nobody can compress what it writes.
NOISE = "head -c 700000 /dev/urandom"


def job(caller, code: str):
    """Hands a job in, and returns its status and it, ended if it was taken."""
    status, made = caller.request("POST", "/jobs", {"language": "bash", "code": code})
    if status not in (200, 201, 202):
        return status, made
    found, ended = caller.request("GET", f"/jobs/{made['id']}?wait_secs={HANG_SECONDS}")
    expect(found == 200 and ended["status"] == "succeeded", ended)
    return status, ended


def refused(caller) -> None:
    """Hands in more jobs than there is room for."""
    many = [{"language": "bash", "code": NOISE}] * 200
    status, answer = caller.request("POST", "/jobs/batch", {"jobs": many})
    expect(status == 507 and "stored_results_mb, limit 4, in use 4" in answer["message"], f"{status}: {answer}")


def is_kept(caller, text: str) -> bool:
    """Whether a program did not have to be compiled."""
    status, answer = caller.execute("script", PROGRAM.format(text))
    expect(status == 200 and answer["status"] == "succeeded", answer)
    return answer["compile"]["cached"]


@case("Q14", "a tenant stores results of jobs until it gets no more",
      "507 at its quota, also after a restart; its results stay, another's jobs run and its compiled programs stay", quick=True, has_neighbour=True)
def all_results(bench):
    with manifests("/var/tmp") as folder, scratch_server(
            bench.server.program, languages_dir=folder, quotas="{default: {stored_results_mb: 4}}") as server:
        with tenant(server, "greedy") as greedy, tenant(server, "other") as other, neighbour(server) as watched:
            is_kept(other, "mine")
            ended = []
            # What has run is kept as far as there is room; what is handed in after that is refused.
            while not ended or ended[-1]["error"] is None:
                ended.append(job(greedy, NOISE)[1])
                expect(len(ended) < 20, f"{len(ended)} results of 700 kB are whole")
            expect(ended[-1]["error"]["code"] == "insufficient_storage" and len(ended) >= 5, ended[-1]["error"])
            refused(greedy)
            status, mine = job(other, NOISE)
            expect(status != 507 and mine["error"] is None, f"another's job: {status} {mine}")
            expect(is_kept(other, "mine"), "another's program is gone")
            used = greedy.use("stored_results_mb")
            watched.wait_for_enough(SECONDS)
        verdict = watched.verdict()
        server.stop()
        restart(server)
        with tenant(server, "greedy") as greedy:
            expect(greedy.use("stored_results_mb") == used, "the count is another after a restart")
            refused(greedy)
            for one in ended:
                status, kept = greedy.request("GET", f"/jobs/{one['id']}")
                expect(status == 200 and kept["result"]["stdout"] == one["result"]["stdout"], "a result is lost")
    return f"{len(ended) - 1} results of 700 kB whole, one cut, then 507 at {used} MiB; neighbour {verdict}"


@case("Q15", "a tenant compiles always new programs, then asks for disks that the host does not have",
      "its own programs are removed; another's stay", quick=True)
def all_programs(bench):
    with manifests("/var/tmp") as folder, scratch_server(
            bench.server.program, around=small_disk, languages_dir=folder, unload_after_secs=1,
            quotas="{default: {compile_cache_mb: 1}}") as server:
        with tenant(server, "greedy") as greedy, tenant(server, "other") as other:
            expect(not is_kept(other, "mine"), "a program is kept that nobody has compiled")
            for number in range(40):
                expect(not is_kept(greedy, str(number)), f"{number} is kept")
            used = greedy.use("compile_cache_mb")
            expect(used == 1 and is_kept(greedy, "39") and not is_kept(greedy, "0"), f"the tenant keeps {used} MiB")
            expect(is_kept(other, "mine"), "another's program went for the tenant's")
            sandbox = greedy.create(resource_limits={"disk_mb": 4000})
            refused = [greedy.request("POST", f"/{sandbox}/exec", {"code": "true"}) for _ in range(3)]
            expect([status for status, _ in refused] == [507] * 3, refused)
            expect(not is_kept(greedy, "39"), "its own program is kept while a disk is refused")
            expect(is_kept(other, "mine"), "another's program went for the tenant's disk")
    return "of 40 programs 1 MiB is kept, and none when a disk was refused; another's was there each time"


LARGEST_OUTPUT = 32 << 20
OUTPUT_QUOTA = "{namespaces: {greedy: {output_mb: 256}}}"
# The quota, and as much again for what is encoded at the moment and what the allocator keeps.
MOST_MEMORY = 512 << 20


@case("Q16", "16 runs that write as much as the server keeps, and go on",
      "429 at the quota of output memory, no output is cut; another's run works meanwhile", has_neighbour=True)
def kept_output(bench):
    fill = (f"import sys, time\nfor stream in (sys.stdout, sys.stderr):\n    stream.write('x' * {LARGEST_OUTPUT})\n"
            f"    stream.flush()\ntime.sleep({2 * SECONDS})")
    with scratch_server(bench.server.program, quotas=OUTPUT_QUOTA) as server:
        with tenant(server, "greedy") as greedy, neighbour(server) as watched:
            before = resident_bytes(server)
            with Attack() as attack:
                attack.start(16, lambda _: greedy.execute(
                    "python", fill, timeout_secs=300, resource_limits={"max_output_bytes": LARGEST_OUTPUT}))
                watched.wait(SECONDS)
                grown = resident_bytes(server) - before
            refused = refusals(attack, "output_mb")
            expect(refused == 13, f"{refused} of 16 were refused, the server holds {grown >> 20} MiB more")
            expect(grown < MOST_MEMORY, f"the server holds {grown >> 20} MiB more")
            whole = [answer for status, answer in attack.answers if status == 200]
            expect([(len(answer["stdout"]), len(answer["stderr"])) for answer in whole] == [(LARGEST_OUTPUT,) * 2] * 3,
                   "output was cut")
            wait_for(lambda: greedy.use("output_mb") == 0, "memory that nobody holds stays counted")
        return f"{refused} of 16 got 429, {grown >> 20} MiB; neighbour {watched.verdict()}"


def unread(server, caller, method: str, path: str, body) -> tuple:
    """Makes a call and reads only the start of its answer; returns the connection and the status."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(HANG_SECONDS)
    connection.connect(("127.0.0.1", server.port))
    content = json.dumps(body) if body else ""
    connection.sendall(
        f"{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: {caller.authorization}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n{content}".encode())
    return connection, int(connection.recv(12).split()[1])


@case("Q17", "12 answers of 32 MiB that the client does not read: of runs, of jobs, and of their logs",
      "429 at the quota of output memory, which is free again when the connections are closed; another's run works meanwhile",
      has_neighbour=True)
def unread_answers(bench):
    run = {"language": "python", "code": f"print('x' * {LARGEST_OUTPUT - 1})",
           "resource_limits": {"max_output_bytes": LARGEST_OUTPUT}}
    words = []
    with scratch_server(bench.server.program, quotas=OUTPUT_QUOTA) as server:
        with tenant(server, "greedy") as greedy, neighbour(server) as watched:
            status, made = greedy.request("POST", "/jobs", run)
            expect(status == 201, made)
            path = f"/jobs/{made['id']}"
            status, ended = greedy.request("GET", f"{path}?wait_secs={HANG_SECONDS}")
            expect(status == 200 and ended["result"]["stdout_bytes"] == LARGEST_OUTPUT, status)
            before = resident_bytes(server)
            for name, *call in (("runs", "POST", "/execute", run), ("jobs", "GET", path, None),
                                ("logs", "GET", f"{path}/logs", None)):
                with contextlib.ExitStack() as stack:
                    method, where, body = call
                    statuses = []
                    for _ in range(12):
                        connection, status = unread(server, greedy, method, greedy.base + where, body)
                        stack.callback(connection.close)
                        statuses.append(status)
                    grown = resident_bytes(server) - before
                expect(set(statuses) == {200, 429}, f"{name}: {statuses}, the server holds {grown >> 20} MiB more")
                expect(grown < MOST_MEMORY, f"the server holds {grown >> 20} MiB more for {name}")
                words.append(f"{statuses.count(200)} {name} ({grown >> 20} MiB)")
                wait_for(lambda: greedy.use("output_mb") == 0, "memory that nobody holds stays counted")
            watched.wait(SECONDS)
        return f"429 after {', '.join(words)}; neighbour {watched.verdict()}"


def keyed(caller, key: str | None, body: dict):
    """Runs a program, under an Idempotency-Key if there is one; returns the status, the answer and how long it took."""
    with connection_to(caller.server) as connection:
        started = time.monotonic()
        connection.request("POST", caller.base + "/execute", json.dumps(body), {
            "Authorization": caller.authorization, "Content-Type": "application/json",
            **({"Idempotency-Key": key} if key else {})})
        answer = connection.getresponse()
        return answer.status, answer.read(), time.monotonic() - started


def database_bytes(server) -> int:
    return sum(os.path.getsize(os.path.join(server.data, name)) for name in os.listdir(server.data)
               if name.startswith("outpost.sqlite"))


@case("Q18", "a tenant stores 8 answers of 64 MiB by Idempotency-Key",
      "the database, which all calls share, takes none of them; keyed calls of another are as fast as its others, turn by "
      "turn; the answers count, and are there after a SIGKILL")
def large_stored_answers(bench):
    large = {"language": "python", "code": f"print('x' * {2 * LARGEST_OUTPUT - 1})",
             "resource_limits": {"max_output_bytes": 2 * LARGEST_OUTPUT}}
    small = {"language": "bash", "code": "true"}
    keys = [uuid.uuid4().hex for _ in range(8)]
    taken = {False: [], True: []}
    with scratch_server(bench.server.program) as server:
        with tenant(server, "greedy") as greedy, tenant(server, "other") as other:
            keyed(other, None, small)
            before = database_bytes(server)
            with Attack() as attack:
                for part in range(2):
                    attack.start(1, lambda _, part=part: [keyed(greedy, key, large)[:2] for key in keys[part::2]])
                while any(thread.is_alive() for thread in attack.threads):
                    for has_key in (False, True):
                        status, _, seconds = keyed(other, uuid.uuid4().hex if has_key else None, small)
                        expect(status == 200, status)
                        taken[has_key].append(seconds)
            stored = [answer for answers in attack.answers for answer in answers]
            expect([status for status, _ in stored] == [200] * 8, [status for status, _ in stored])
            grown = (database_bytes(server) - before) >> 20
            expect(grown < 64, f"the database has grown by {grown} MiB")
            used = greedy.use("stored_answers_mb")
            expect(used >= 8 * 64, f"{used} MiB are counted")
            without, with_key = (statistics.median(taken[kind]) for kind in (False, True))
            words = f"median of another's calls {without * 1000:.0f} ms without a key, {with_key * 1000:.0f} ms with one"
            expect(with_key < 3 * without + NOISE_SECONDS, words)
            server.stop()
            restart(server)
            expect(keyed(greedy, keys[0], large)[:2] in stored, "a stored answer has changed")
            expect(greedy.use("stored_answers_mb") == used, "the count has changed")
        return f"{used} MiB stored, the database grew by {grown} MiB; {words}"


# By how much all runs of the neighbour may be slower here: large answers cost memory and processor time of the host, but
# whoever waited for one of them would wait for seconds.
STALLED, STALLED_SECONDS = 10, 2


def not_stalled(watched) -> str:
    """What the neighbour's runs took; fails when they waited for what was computed for others."""
    expect(not watched.failure, f"O5: the neighbour was not served: {watched.failure}")
    expect(watched.loud, "O5: the neighbour had no run beside the attack")
    (quiet, before), (loud, beside) = ([percentile([pair[side] for pair in pairs], 0.9) for side in (0, 1)]
                                       for pairs in (watched.quiet, watched.loud))
    noise = min(max(beside / before, 1), MOST_SHARED)
    words = f"p90 {quiet * 1000:.0f} → {loud * 1000:.0f} ms (control × {beside / before:.1f})"
    expect(loud <= STALLED * noise * quiet + STALLED_SECONDS, f"O5: the neighbour waits: {words}")
    return words


@case("Q19", "a tenant makes 24 sandboxes with records of 256 KiB, and lists them again and again",
      "answers or 429; another's run does not wait for the lists", quick=True, has_neighbour=True)
def large_lists(bench):
    with scratch_server(bench.server.program) as server:
        with tenant(server, "greedy") as greedy:
            for _ in range(24):
                greedy.create(mode="ephemeral", **record(RECORD_BYTES))
            with neighbour(server) as watched, Attack() as attack:
                attack.start(4, lambda _: received(greedy, "?per_page=100"), again=True)
                watched.wait(SECONDS)
            lists = attack.count(200)
            expect(lists and lists + attack.count(429) == len(attack.answers), attack.answers[-3:])
            expect(all(size > 24 * RECORD_BYTES for status, size in attack.answers if status == 200), "a list is short")
        return f"{lists} lists of 6 MiB, {attack.count(429)} got 429; neighbour {not_stalled(watched)}"


def received(caller, path: str) -> tuple:
    """The status of a GET, and how many bytes its body has. The suite does not decode it: that would be its own load."""
    with connection_to(caller.server, timeout=900) as connection:
        connection.request("GET", caller.base + path, headers={"Authorization": caller.authorization})
        answer = connection.getresponse()
        size = 0
        while part := answer.read(1 << 20):
            size += len(part)
        return answer.status, size


RESULT_BYTES = 32 << 20
# Of each of four connections.
READS = 5


def read_often(caller, path: str) -> list:
    return [received(caller, path) for _ in range(READS)]


@case("Q20", "a tenant reads a job with a result of 32 MiB ten times, and its logs as often, on four connections",
      "answers or 429; another's run does not wait for them", has_neighbour=True)
def large_results(bench):
    with scratch_server(bench.server.program) as server:
        with tenant(server, "greedy") as greedy:
            code = f"head -c {RESULT_BYTES} /dev/zero | tr '\\0' x"
            status, made = greedy.request("POST", "/jobs", {
                "language": "bash", "code": code, "resource_limits": {"max_output_bytes": RESULT_BYTES}})
            expect(status == 201, made)
            path = f"/jobs/{made['id']}"
            # The first answer waits for the job.
            status, size = received(greedy, f"{path}?wait_secs={HANG_SECONDS}")
            expect(status == 200 and size > RESULT_BYTES, f"the job gives {status} and {size} bytes")
            with neighbour(server) as watched, Attack() as attack:
                for part in ("", "/logs"):
                    attack.start(2, lambda _, part=part: read_often(greedy, path + part))
                for thread in attack.threads:
                    thread.join()
                watched.wait(0)
            answers = [answer for several in attack.answers for answer in several]
            whole = sum(status == 200 and size > RESULT_BYTES for status, size in answers)
            expect(whole and whole + sum(status == 429 for status, _ in answers) == 4 * READS, answers)
        return f"{whole} of {4 * READS} answers of 32 MiB, the others got 429; neighbour {not_stalled(watched)}"


def open_stream(caller, code: str):
    """Starts a streamed run and returns its connection, of which nothing but the head is read, and the answer's head."""
    connection = http.client.HTTPConnection("127.0.0.1", caller.server.port, timeout=120)
    # Little fits on the way to a client that does not read.
    connection.connect()
    connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.request("POST", caller.base + "/execute", json.dumps({"language": "bash", "code": code, "timeout_secs": 120}), {
        "Authorization": caller.authorization, "Content-Type": "application/json", "Accept": "text/event-stream"})
    return connection, connection.getresponse()


@case("Q21", "a tenant opens as many streams as the server takes, of programs that write without end, and reads none",
      "429 above its share; the programs wait, the server's memory does not grow, and another's run works meanwhile; "
      "the runs end with their connections", quick=True, has_neighbour=True)
def all_streams(bench):
    with scratch_server(bench.server.program, max_streams=16) as server:
        with tenant(server, "greedy") as greedy, neighbour(server) as watched:
            before = resident_bytes(server)
            streams = [open_stream(greedy, "yes") for _ in range(24)]
            refused = [json.loads(answer.read()) for _, answer in streams if answer.status == 429]
            held = [answer for _, answer in streams if answer.status == 200]
            expect(len(held) == 12 and len(refused) == 12, [answer.status for _, answer in streams])
            expect(all("max_streams" in answer["message"] for answer in refused), refused[:1])
            watched.wait(SECONDS)
            grown = (resident_bytes(server) - before) >> 20
            # Some MiB for each on the way: the kernel's buffers are not the server's.
            expect(grown < 12 * 8, f"the server has {grown} MiB more")
            expect(greedy.use("max_streams") == 12, "the count is wrong")
            for connection, _ in streams:
                connection.close()
            wait_for(lambda: greedy.use("max_streams") == 0 and greedy.use("max_concurrent_runs") == 0,
                     "runs go on without their clients")
        return f"12 streams held and 12 got 429; the server grew by {grown} MiB; neighbour {watched.verdict()}"
