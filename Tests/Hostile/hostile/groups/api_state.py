# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group A: repetition, races, cancellation, and what failures tell."""

import collections
import concurrent.futures
import os
import re
import sqlite3
import time

from hostile.bench import BASE, out
from hostile.case import HANG_SECONDS, case, expect
from hostile.groups.api_wire import Caller, admin, admin_token, new_token
from hostile.host import Background, in_runs, wait_for
from hostile.scratch_server import restart, scratch_server

EXECUTE = BASE + "/execute"


def all_at_once(count: int, call) -> list:
    """The results of `call(0)` to `call(count - 1)`, which start together."""
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(call, range(count)))


@case("A15", "one Idempotency-Key: with the same body, another body, 20 calls at once, another credential, after SIGKILL",
      "one execution; 409 for another body; the answer survives the crash")
def repetition(bench):
    sandbox = bench.sandbox(language="bash")
    path, key = f"{BASE}/{sandbox}/exec", {"Idempotency-Key": f"a15-{sandbox}"}
    body = {"code": "echo once >> log; sleep 0.2; echo $RANDOM$RANDOM"}

    def send(_):
        with admin(bench.server) as caller:
            return caller.call("POST", path, body, key)

    replies = all_at_once(20, send)
    counts = collections.Counter(reply.status for reply in replies)
    expect(set(counts) <= {200, 409} and counts[200] >= 1, counts)
    with admin(bench.server) as caller:
        again = caller.call("POST", path, body, key)
        same = {reply.content for reply in [*replies, again] if reply.status == 200}
        expect(len(same) == 1 and again.status == 200, f"answers differ: {again}")
        expect(caller.call("POST", path, {"code": "echo other"}, key).status == 409, "another body is taken")
        expect(out(bench.exec(sandbox, "wc -l < log")).strip() == "1", "it ran more than once")
        for wrong in ("", "x" * 129, "\u00e9"):
            reply = caller.call("POST", path, body, {"Idempotency-Key": wrong.encode()})
            expect(reply.status == 400, f"key {wrong[:5]!r}: {reply}")
    with new_token(bench.server) as (authorization, _), Caller(bench.server, authorization) as other:
        # The other one's key is its own: its call is served, and not with the first one's answer.
        expect(other.call("POST", path, body, key).content not in same, "another credential gets the answer")
    with scratch_server(bench.server.program) as server:
        with admin(server) as caller:
            first = caller.call("POST", EXECUTE, {"language": "bash", "code": "echo $RANDOM$RANDOM"}, key)
        server.kill()
        restart(server)
        with admin(server) as caller:
            second = caller.call("POST", EXECUTE, {"language": "bash", "code": "echo $RANDOM$RANDOM"}, key)
        expect((first.status, first.content) == (200, second.content), f"{first}, after the crash {second}")
    return f"20 at once: {counts[200]} got the one answer, {counts[409]} 409; the same bytes after SIGKILL"


@case("A16", "100 calls at once on one sandbox: runs, reads, lists and deletions",
      "one deletion; all answers fit one order of the calls")
def races(bench):
    totals = collections.Counter()
    for _ in range(3):
        sandbox = bench.sandbox(language="bash")

        def send(number: int, sandbox=sandbox):
            with admin(bench.server) as caller:
                if number % 10 == 9:
                    time.sleep(0.005 * (number // 10))
                    return "DELETE", caller.call("DELETE", f"{BASE}/{sandbox}")
                if number % 3 == 0:
                    return "GET", caller.call("GET", f"{BASE}/{sandbox}")
                body = {"code": "echo $((6 * 7))", "concurrent": number % 2 == 0}
                return "POST", caller.call("POST", f"{BASE}/{sandbox}/exec", body)

        answers = all_at_once(100, send)
        deleted = [reply.status for method, reply in answers if method == "DELETE"]
        expect(sorted(deleted) == [204] + [404] * 9, f"deletions: {deleted}")
        for method, reply in answers:
            totals[f"{method} {reply.status}"] += 1
            expect(
    reply.status in {
        "DELETE": (
            204, 404), "GET": (
                200, 404), "POST": (
                    200, 404)}[method], f"{method}: {reply}")
            if method == "POST" and reply.status == 200:
                result = reply.json
                expect(result["status"] in ("succeeded", "cancelled"), reply)
                expect(result["status"] == "cancelled" or result["stdout"] == "42\n", reply)
        expect(bench.request("GET", f"/{sandbox}")[0] == 404, "the sandbox is there again")
    return ", ".join(f"{count} × {answer}" for answer, count in sorted(totals.items()))


@case("A17", "delete a sandbox that was never used, starts, runs, has a queue, or is done; then again",
      "204 once, then 404; running programs end as cancelled, waiting ones get 404")
def cancellation(bench):
    seen = [cancel_while(bench, phase) for phase in ("unused", "starting", "running", "queued", "done")]
    return "; ".join(seen)


def cancel_while(bench, phase: str) -> str:
    """Deletes a sandbox in one phase of its life and checks what its runs were told."""
    sandbox = bench.sandbox(language="bash")
    runs = []
    if phase != "unused":
        code = "true" if phase == "done" else "echo begun; sleep 600"
        count = 3 if phase == "queued" else 1
        runs = [Background(bench.request, "POST", f"/{sandbox}/exec", {"code": code}) for _ in range(count)]
        if phase == "done":
            runs[0].result()
        elif phase != "starting":
            wait_for(lambda: in_runs(bench.server), f"{phase}: nothing runs")
            # Those that wait have no process; they have arrived when the server has taken their bodies.
            time.sleep(0.3)
    statuses = [bench.request("DELETE", f"/{sandbox}")[0] for _ in range(2)]
    expect(statuses == [204, 404], f"{phase}: deletions {statuses}")
    ends = collections.Counter()
    for run in runs:
        status, answer = run.result(HANG_SECONDS)
        ends[answer["status"] if status == 200 else status] += 1
    wanted = {"unused": [{}], "starting": [{"cancelled": 1}, {404: 1}], "running": [{"cancelled": 1}],
              "queued": [{"cancelled": 1, 404: 2}], "done": [{"succeeded": 1}]}
    expect(dict(ends) in wanted[phase], f"{phase}: {dict(ends)}")
    expect(bench.request("POST", f"/{sandbox}/exec", {"code": "true"})[0] == 404, f"{phase}: it can be used still")
    wait_for(lambda: not in_runs(bench.server), f"{phase}: a process is left")
    return f"{phase}: {', '.join(f'{count} × {end}' for end, count in ends.items()) or 'no run'}"


# What a line of the log begins with; a line that does not was made by somebody else.
LOG_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} (trace|debug|info|notice|warning|error|critical) \w+:")
FORGED = "2026-01-01T00:00:00+0000 critical outpost: forged-a20"


@case("A20", "line breaks, terminal sequences and JSON in every string that the server could write to its log",
      "every line is the server's own; no control byte, no secret", quick=True)
def log_injection(bench):
    marks = [
    f"\n{FORGED}",
    f"\r\n{FORGED}",
    "\x1b[2J\x1b]0;forged-a20\x07",
    '"}\n{"level":"critical","message":"forged-a20"}',
    f"\u2028{FORGED}",
     "\x9b31m forged-a20"]
    # Where the most is written.
    with scratch_server(bench.server.program, log_level="trace") as server:
        with admin(server) as caller:
            for mark in marks:
                for path, body in [
                        (BASE, {"language": mark, "name": mark}),
                        (BASE, {"language": "bash", "metadata": {mark: mark}}),
                        (BASE, {mark: 1, "language": "bash"}), ("/auth/v1/pat", {"name": mark}),
                        (EXECUTE, {"language": "bash", "code": "", "working_dir": "/" + mark}),
                        (EXECUTE, {"language": "bash", "command": ["/nowhere/" + mark]}),
                        (EXECUTE, {"language": "bash", "code": "", "files": [{"path": mark, "content": mark}]}),
                        (EXECUTE, {"language": "bash", "code": mark, "env": [["A" + mark, mark]], "stdin": mark,
                                   "args": [mark]})]:
                    reply = caller.call("POST", path, body)
                    expect(reply.status < 500, f"{path} {body}: {reply}")
            caller.call(
    "GET",
    BASE +
    "?language=%0a" +
    FORGED.replace(
        " ",
        "%20"),
        headers={
            "User-Agent": "forged-a20"})
            caller.call("POST", EXECUTE, {"language": "bash", "code": f"printf '\n{FORGED}\n' | tee /dev/stderr"})
        with open(server.log_path, "rb") as log:
            said = log.read()
        expect(admin_token(server).encode() not in said, "a token is in the log")
    lines = said.decode("utf-8", errors="replace").splitlines()
    for line in lines:
        if line.startswith(("outpost is listening on ", "the admin token is in ")):
            continue
        expect(LOG_LINE.match(line) and "forged-a20" not in line.split("outpost:")
               [0], f"a line of somebody else: {line!r}")
        expect(line.isprintable() and not line.startswith(FORGED), f"control characters: {line!r}")
    return f"{len(marks) * 8 + 2} calls, {len(lines)} lines of the log, all the server's own"


# What a failure inside must not tell: where things are, what they are made of, what is in memory.
INSIDE = re.compile(
    r"/var/|/tmp/|/proc/|/home/|/work|\.swift|\.sqlite|\.db|sqlite|sql|table|select|insert|grdb|errno|0x[0-9a-f]{6,}|"
    r"fatal|stack|thread|outpost_|op_pat_", re.IGNORECASE)


@case("A21", "a database that fails while the server runs",
      "500 or 503 that reveal only the request's id; the log has the cause under it")
def failures(bench):
    with scratch_server(bench.server.program) as server:
        path = next(os.path.join(server.data, name) for name in sorted(os.listdir(server.data))
                    if name.endswith((".sqlite", ".db", ".sqlite3")))
        with admin(server) as caller, sqlite3.connect(path) as database:
            names = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for name in names:
                if not name.startswith(("sqlite_", "grdb_")):
                    database.execute(f'ALTER TABLE "{name}" RENAME TO "{name}_away"')
            database.commit()
            replies = [
                caller.call("POST", BASE, {"language": "bash"}), caller.call("POST", "/auth/v1/pat", {"name": "a21"}),
                caller.call("GET", "/auth/v1/pat"), caller.call("GET", "/auth/v1/pat/admin"),
                caller.call("DELETE", "/auth/v1/pat/never-was"),
                caller.call("POST", EXECUTE, {"language": "bash", "code": ""}, {"Idempotency-Key": "a21"})]
            for name in names:
                if not name.startswith(("sqlite_", "grdb_")):
                    database.execute(f'ALTER TABLE "{name}_away" RENAME TO "{name}"')
            database.commit()
            expect(caller.call("POST", BASE, {"language": "bash"}).status == 201, "it does not work again")
        with open(server.log_path, encoding="utf-8") as log:
            said = log.read()
        for reply in replies:
            expect(reply.status in (500, 503), reply)
            error = reply.json
            expect(set(error) == {"code", "message", "request_id", "details"}, reply)
            expect(not INSIDE.search(error["message"]) and error["details"] == [], reply)
            expect(error["request_id"] in said, f"the log does not know {error['request_id']}")
    return f"{len(replies)} calls: {sorted({reply.status for reply in replies})} with {replies[0].json['message']!r}"
