# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Pauses, snapshots, forks and events of sandboxes: quotas, states, ids of others, and a server that is killed."""

import http.client
import os
import random
import threading
import time

from hostile.case import case, expect
from hostile.groups.api_state import all_at_once
from hostile.host import wait_for
from hostile.scratch_server import restart, scratch_server
from hostile.tenants import tenant

UNKNOWN = ("sbx_000000000000", "snap_000000000000")
SMALL = {"resource_limits": {"disk_mb": 16}}


def run(caller, sandbox: str, code: str) -> str:
    status, answer = caller.request("POST", f"/{sandbox}/exec", {"code": code})
    expect(status == 200 and answer["status"] == "succeeded", (status, answer))
    return answer["stdout"].strip()


def sealed_disks(server, namespace: str) -> list:
    folder = os.path.join(server.data, "sealed", namespace)
    return os.listdir(folder) if os.path.isdir(folder) else []


@case("Q33", "a tenant makes as many snapshots and forks as it can, of a sandbox with 8 MiB of data",
      "429 above max_snapshots and max_sandboxes; the data count once in disk_mb; everything is freed with the last user",
      quick=True)
def all_snapshots(bench):
    with scratch_server(bench.server.program, quotas="{default: {max_snapshots: 4, max_sandboxes: 6}}") as server:
        with tenant(server, "greedy") as greedy:
            sandbox = greedy.create(**SMALL)
            run(greedy, sandbox, "head -c 8388608 /dev/urandom > data; sync")
            answers = all_at_once(8, lambda _: greedy.request("POST", f"/{sandbox}/snapshot", {}))
            made = [answer["id"] for status, answer in answers if status == 201]
            refused = [answer["message"] for status, answer in answers if status == 429]
            expect(len(made) == 4 and len(refused) == 4, answers)
            expect(all("max_snapshots" in message for message in refused), refused)
            status, answer = greedy.request("POST", f"/{sandbox}/fork", {"count": 6})
            expect(status == 429 and "max_sandboxes" in answer["message"], answer)
            status, forks = greedy.request("POST", f"/{sandbox}/fork", {"count": 5})
            expect(status == 201 and len(forks["data"]) == 5, forks)
            held = greedy.use("disk_mb")
            expect(8 <= held <= 12, f"{held} MiB for 8 MiB of data in ten places")
            for fork in forks["data"][:2]:
                expect(run(greedy, fork["id"], "wc -c < data") == "8388608", "a fork without its data")
            for snapshot in made:
                expect(greedy.request("DELETE", f"/snapshots/{snapshot}")[0] == 204, "not deleted")
            for identifier in [sandbox] + [fork["id"] for fork in forks["data"]]:
                expect(greedy.request("DELETE", f"/{identifier}")[0] == 204, "not deleted")
            wait_for(lambda: not sealed_disks(server, "greedy"), "a sealed disk stays")
            wait_for(lambda: greedy.use("disk_mb") == 0, "the disk still counts")
            expect(greedy.use("max_snapshots") == 0 and greedy.use("max_sandboxes") == 0, "a count is wrong")
        return f"4 snapshots and 5 forks of 8 MiB held {held} MiB; 4 and 6 more got 429; nothing is left"


@case("A31", "every call of a sandbox's life with ids of another namespace, unknown ids and malformed ones; wrong states",
      "404, the same for all of these; 409 that names the state; nothing changes", quick=True)
def foreign_ids(bench):
    with tenant(bench.server, "a31-owner") as owner, tenant(bench.server, "a31-thief") as thief:
        sandbox = owner.create(**SMALL)
        ephemeral = owner.create(mode="ephemeral")
        run(owner, sandbox, "echo mine > file")
        snapshot = owner.request("POST", f"/{sandbox}/snapshot", {})[1]["id"]

        def calls(sandbox: str, snapshot: str):
            return [("PATCH", f"/{sandbox}", {"name": "theirs"}), ("POST", f"/{sandbox}/pause", None),
                    ("POST", f"/{sandbox}/resume", None), ("GET", f"/{sandbox}/metrics", None),
                    ("GET", f"/{sandbox}/events", None), ("POST", f"/{sandbox}/snapshot", {}),
                    ("POST", f"/{sandbox}/fork", {}), ("POST", f"/{sandbox}/exec?resume=true", {"code": "cat file"}),
                    ("DELETE", f"/snapshots/{snapshot}", None),
                    ("POST", "", {"language": "bash", "mode": "stateful", "snapshot": snapshot})]

        def text(answer, *identifiers):
            message = answer["message"]
            for identifier in identifiers:
                message = message.replace(identifier, "ID")
            return message

        seen = []
        for ours, theirs in zip(calls(sandbox, snapshot), calls(*UNKNOWN)):
            foreign, unknown = thief.request(*ours), thief.request(*theirs)
            expect(foreign[0] == unknown[0] == 404, (ours, foreign, unknown))
            expect(text(foreign[1], sandbox, snapshot) == text(unknown[1], *UNKNOWN), (foreign, unknown))
            seen.append(foreign[0])
        for method, path, body in calls("sbx_%2e%2e%2f", "snap_ZZZZZZZZZZZZ")[:-1]:
            status, answer = owner.request(method, path, body)
            expect(status == 404, (path, status, answer))
        for method, path, body, state in [
                ("POST", f"/{sandbox}/resume", None, "ready"), ("POST", f"/{ephemeral}/pause", None, "ephemeral"),
                ("POST", f"/{ephemeral}/snapshot", {}, "ephemeral"), ("POST", f"/{ephemeral}/fork", {}, "ephemeral")]:
            status, answer = owner.request(method, path, body)
            expect(status == 409 and state in answer["message"], (path, status, answer))
        expect(owner.request("POST", f"/{sandbox}/pause")[0] == 200, "not paused")
        for path, body in [("exec", {"code": "1"}), ("pause", None), ("snapshot", {}), ("fork", {})]:
            status, answer = owner.request("POST", f"/{sandbox}/{path}", body)
            expect(status == 409 and "paused" in answer["message"], (path, status, answer))
        expect(owner.request("POST", f"/{sandbox}/exec?resume=yes", {"code": "1"})[0] == 400, "an unknown value passes")
        expect(owner.request("POST", f"/{sandbox}/exec?colour=red", {"code": "1"})[0] == 400, "an unknown parameter passes")
        expect(owner.request("POST", f"/{sandbox}/resume")[0] == 200, "not resumed")
        expect(run(owner, sandbox, "cat file") == "mine", "the file has changed")
        for identifier in (sandbox, ephemeral):
            owner.request("DELETE", f"/{identifier}")
        owner.request("DELETE", f"/snapshots/{snapshot}")
        return f"{len(seen)} calls with ids of another namespace got the 404 of unknown ids; 9 wrong states got 409"


@case("A32", "pause, resume, run, snapshot, fork, change and delete one sandbox at once, 200 calls, in any order",
      "each call is answered with 2xx, 404 or 409; no file is lost while the sandbox exists; nothing is left", quick=True)
def at_once(bench):
    with scratch_server(bench.server.program) as server, tenant(server, "racer") as racer:
        sandbox = racer.create(**SMALL)
        run(racer, sandbox, "echo 0 > count")
        actions = [("POST", "/pause", None), ("POST", "/resume", None), ("POST", "/snapshot", {}), ("POST", "/fork", {}),
                   ("PATCH", "", {"name": "n"}), ("GET", "/metrics", None),
                   ("POST", "/exec?resume=true", {"code": "echo $(($(cat count) + 1)) > count"})]
        rng = random.Random(31)
        plan = [rng.choice(actions) for _ in range(200)]
        done = threading.Event()

        def resume_again() -> None:
            # All others may wait for a run that a pause has stopped.
            while not done.wait(0.2):
                racer.request("POST", f"/{sandbox}/resume")

        resumer = threading.Thread(target=resume_again)
        resumer.start()
        try:
            answers = all_at_once(16, lambda worker: [
                (plan[index], racer.request(plan[index][0], f"/{sandbox}{plan[index][1]}", plan[index][2]))
                for index in range(worker, len(plan), 16)])
        finally:
            done.set()
            resumer.join()
        answers = [answer for several in answers for answer in several]
        expect(all(answer[0] in (200, 201, 409) for _, answer in answers),
               [answer for _, answer in answers if answer[0] not in (200, 201, 409)][:2])
        runs = sum(action[1].startswith("/exec") and answer[0] == 200 and answer[1]["status"] == "succeeded"
                   for action, answer in answers)
        racer.request("POST", f"/{sandbox}/resume")
        count = int(run(racer, sandbox, "cat count"))
        expect(count == runs, f"{runs} runs were answered, and the file counts {count}")
        page = racer.request("GET", "/snapshots?per_page=100")[1]["data"]
        for snapshot in page:
            expect(racer.request("DELETE", f"/snapshots/{snapshot['id']}")[0] == 204, "not deleted")
        while True:
            found = racer.request("GET", "?per_page=100")[1]["data"]
            if not found:
                break
            for one in found:
                racer.request("DELETE", f"/{one['id']}")
        wait_for(lambda: not sealed_disks(server, "racer"), "a sealed disk stays")
        return f"{len(answers)} calls, {runs} runs counted, {len(page)} snapshots, nothing is left"


@case("S31", "kill the server at random points of snapshots and forks, 12 times",
      "each sandbox and each snapshot that was answered has all of its files; no sealed disk is left without a user")
def killed(bench):
    with scratch_server(bench.server.program) as server:
        with tenant(server, "default") as owner:
            sandbox = owner.create(**SMALL)
            run(owner, sandbox, "echo 0 > count; sync")
            known, lost = [], 0
            rng = random.Random(7)
            begun = time.monotonic()
            known.append((owner.request("POST", f"/{sandbox}/snapshot", {"name": "0"})[1]["id"], 0))
            took = time.monotonic() - begun
            for number in range(1, 13):
                run(owner, sandbox, f"echo {number} > count; sync")
                timer = threading.Timer(rng.random() * 1.5 * took, server.kill)
                timer.start()
                try:
                    status, answer = owner.request("POST", f"/{sandbox}/snapshot", {"name": str(number)}, timeout=30)
                    if status == 201:
                        known.append((answer["id"], number))
                except (OSError, ValueError):
                    lost += 1
                    # The next kill may also come after the answer.
                    took *= 1.2
                timer.join()
                server.process.wait()
                restart(server)
                expect(run(owner, sandbox, "cat count") == str(number), f"round {number} has lost its file")
            found = {item["id"]: item for item in owner.request("GET", "/snapshots?per_page=100")[1]["data"]}
            expect(all(identifier in found for identifier, _ in known), "a snapshot that was answered is gone")
            for identifier, item in found.items():
                status, made = owner.request(
                    "POST", "", {"language": "bash", "mode": "stateful", "snapshot": identifier, **SMALL})
                expect(status == 201, made)
                expect(run(owner, made["id"], "cat count") == item["name"], "a snapshot has other files")
                owner.request("DELETE", f"/{made['id']}")
                owner.request("DELETE", f"/snapshots/{identifier}")
            owner.request("DELETE", f"/{sandbox}")
            wait_for(lambda: not sealed_disks(server, "default"), "a sealed disk stays")
        return f"12 kills, {len(known)} snapshots answered, {len(found)} found, {lost} calls without an answer; no file lost"


@case("Q34", "a tenant follows the events of one sandbox with as many streams as the server takes, and reads none",
      "429 above its share of max_streams; the events of a sandbox are bounded; the streams end with the sandbox", quick=True)
def all_event_streams(bench):
    with scratch_server(bench.server.program, max_streams=16) as server, tenant(server, "greedy") as greedy:
        sandbox = greedy.create(**SMALL)
        streams = [follow(greedy, sandbox) for _ in range(16)]
        held = [answer for _, answer in streams if answer.status == 200]
        expect(len(held) == 12 and sum(answer.status == 429 for _, answer in streams) == 4,
               [answer.status for _, answer in streams])
        for _ in range(60):
            greedy.request("POST", f"/{sandbox}/pause")
            greedy.request("POST", f"/{sandbox}/resume")
        events = greedy.request("GET", f"/{sandbox}/events")[1]["data"]
        expect(len(events) == 100 and events[-1]["seq"] == 121, (len(events), events[-1]))
        greedy.request("DELETE", f"/{sandbox}")
        last = [answer.read().decode() for answer in held]
        expect(all('"type":"deleted"' in text for text in last), last[0][-200:])
        wait_for(lambda: greedy.use("max_streams") == 0, "a stream goes on without its sandbox")
        return "12 streams held and 4 got 429; 121 events, the last 100 kept; all streams ended with `deleted`"


def follow(caller, sandbox: str):
    """Attaches to the events of a sandbox; returns the connection and the head of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", caller.server.port, timeout=120)
    connection.request("GET", f"{caller.base}/{sandbox}/events", headers={
        "Authorization": caller.authorization, "Accept": "text/event-stream"})
    return connection, connection.getresponse()


@case("Q36", "a tenant has 24 sandboxes with processes that nobody uses, on a host whose memory is short",
      "all are frozen; a neighbour runs and starts processes meanwhile; each goes on with the next call", quick=True)
def frozen_sandboxes(bench):
    with scratch_server(bench.server.program, low_memory_percent=100, unload_after_secs=1) as server:
        with tenant(server, "greedy") as greedy, tenant(server, "neighbour") as neighbour:
            def frozen(sandbox: str) -> bool:
                events = greedy.request("GET", f"/{sandbox}/events")[1]["data"]
                return events[-1]["type"] == "paused"

            held = []
            for _ in range(24):
                sandbox = greedy.create(**SMALL)
                command = ["sh", "-c", "while read line; do echo $line; done"]
                status, process = greedy.request(
                    "POST", f"/{sandbox}/processes", {"command": command, "stdin": True})
                expect(status == 201, process)
                held.append((sandbox, process["id"]))
            runs = 0

            def all_frozen() -> bool:
                nonlocal runs
                status, answer = neighbour.execute("bash", "echo 1")
                expect(status == 200 and answer["stdout"] == "1\n", (status, answer))
                runs += 1
                return all(frozen(sandbox) for sandbox, _ in held)

            wait_for(all_frozen, "some are not frozen")
            own = neighbour.create(**SMALL)
            expect(run(neighbour, own, "echo 2") == "2", "the neighbour's sandbox does not run")
            for sandbox, process in held:
                expect(greedy.request("GET", f"/{sandbox}")[1]["status"] == "running", "a client sees the freeze")
                connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
                connection.request("POST", f"{greedy.base}/{sandbox}/processes/{process}/stdin?eof=true", b"on\n",
                                   {"Authorization": greedy.authorization})
                expect(connection.getresponse().status == 204, "no input taken")
                connection.close()
                status, ended = greedy.request("GET", f"/{sandbox}/processes/{process}?wait_secs=60")
                expect(status == 200 and ended["exit_code"] == 0 and ended["stdout_bytes"] == 3, ended)
            for sandbox, _ in held:
                greedy.request("DELETE", f"/{sandbox}")
            neighbour.request("DELETE", f"/{own}")
            return f"24 frozen while a neighbour made {runs} runs; each process went on with the next call"


# What must be new in each sandbox, and what must not have come along.
RESTORED = """
import glob, os, random, time, uuid
kept = open('kept').read()
new = [random.random(), os.urandom(8).hex(), str(uuid.uuid4())]
left = glob.glob('/tmp/*') + glob.glob('/dev/shm/*') + [os.environ.get('SECRET')]
left += [path for path in glob.glob('/proc/[0-9]*/cmdline') if b'sleeper' in open(path, 'rb').read()]
open('kept', 'a').write(' written')
print(kept.strip(), '|', *new, '|', left, '|', int(time.time()))
"""


@case("S17", "restore one snapshot three times, and its sandbox with a process, files in memory and a variable beside it",
      "the same files, and nothing else: other random numbers, no process, no variable, a right clock",
      quick=True)
def restored_twice(bench):
    with tenant(bench.server, "s17") as owner:
        source = owner.create(language="python", env=[["SECRET", "of the source"]], **SMALL)
        code = "import random; random.seed(7); open('kept', 'w').write('file'); open('/tmp/t', 'w'); open('/dev/shm/s', 'w')"
        run(owner, source, code)
        status, process = owner.request(
            "POST", f"/{source}/processes", {"command": ["bash", "-c", "exec -a sleeper sleep 600"]})
        expect(status == 201, process)
        status, refused = owner.request("POST", f"/{source}/snapshot", {})
        expect(status == 409, refused)
        expect(owner.request("DELETE", f"/{source}/processes/{process['id']}")[0] == 204, "not deleted")
        status, snapshot = owner.request("POST", f"/{source}/snapshot", {})
        expect(status == 201, snapshot)
        restored = [owner.create(language="python", snapshot=snapshot["id"]) for _ in range(3)]
        seen = []
        for sandbox in restored:
            kept, new, left, clock = (part.strip() for part in run(owner, sandbox, RESTORED).split("|"))
            expect(kept == "file", f"the file of another restored sandbox: {kept}")
            expect(left == "[None]", f"came along: {left}")
            expect(abs(time.time() - int(clock)) < 120, f"the clock says {clock}")
            seen.append(new.split())
        for facts in zip(*seen):
            expect(len(set(facts)) == len(restored), f"the same in two sandboxes: {facts}")
        expect(run(owner, source, "print(open('kept').read())") == "file", "a restored sandbox has changed its source")
        for sandbox in [source, *restored]:
            expect(owner.request("DELETE", f"/{sandbox}")[0] == 204, "not deleted")
        owner.request("DELETE", f"/snapshots/{snapshot['id']}")
        return f"{len(restored)} sandboxes of one snapshot: one file, {len(seen[0])} random facts of their own, nothing else"
