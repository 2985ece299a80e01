# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group S: a disk that is full, fails, is slow or loses its power, and a database that is damaged."""

import contextlib
import errno
import glob
import http.client
import os
import random
import resource
import shutil
import sqlite3
import statistics
import subprocess
import time

from hostile.bench import BASE, ended, out
from hostile.case import HANG_SECONDS, Failure, case, expect
from hostile.faults import server_with_disk
from hostile.host import Background
from hostile.pace import seconds_of
from hostile.scratch_server import environ, restart, scratch_server

STATEFUL = {"language": "python", "mode": "stateful", "resource_limits": {"disk_mb": 32}}


def create(server):
    return server.request("POST", BASE, STATEFUL)


def listed(server) -> set:
    found, page = set(), 1
    while True:
        answer = server.call("GET", f"{BASE}?per_page=100&page={page}")
        found |= {sandbox["id"] for sandbox in answer["data"]}
        if page >= answer["pagination"]["total_pages"]:
            return found
        page += 1


@contextlib.contextmanager
def small_disk(server):
    """Puts the server's data on a file system of 192 MiB."""
    os.mkdir(server.data, 0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=192m,mode=0700", "tmpfs", server.data], check=True, timeout=HANG_SECONDS)
    try:
        yield
    finally:
        subprocess.run(["umount", server.data], check=True, timeout=HANG_SECONDS)


def fill(path: str) -> None:
    """Takes the last byte of the file system."""
    with open(path, "wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)) == size:
                    pass


@case("S04", "the disk of the server's database is full",
      "writes get 507, reads and runs in memory work, all works again when there is space", quick=True)
def disk_full(bench):
    with scratch_server(bench.server.program, around=small_disk) as server:
        made = {server.create(mode="stateful", resource_limits={"disk_mb": 32})["id"] for _ in range(3)}
        used = sorted(made)[0]
        ended(server.exec(used, "open('file', 'w').write('kept')"), "succeeded")
        filler = os.path.join(server.data, "filler")
        fill(filler)
        status, answer = create(server)
        expect(status == 507, f"a sandbox with a disk answers {status}: {answer}")
        refused = None
        # What the database's log has room for already is still accepted, and must then be there.
        while refused is None and len(made) < 1000:
            status, answer = server.request("POST", BASE, {"language": "python", "mode": "ephemeral"})
            if status == 201:
                made.add(answer["id"])
            else:
                refused = str(answer["message"])
                expect(status == 507, f"one without a disk answers {status}: {answer}")
        expect(refused, "1,000 sandboxes were made on a full disk")
        expect(listed(server) == made, "what can be read is not what was made")
        ended(server.execute("print(1)"), "succeeded")
        status, answer = server.request("POST", f"{BASE}/{used}/exec", {"code": "print(1)"})
        expect(status in (200, 507), f"a run on a full disk answers {status}: {answer}")
        os.unlink(filler)
        made.add(server.create(mode="stateful")["id"])
        server.kill()
        restart(server)
        expect(listed(server) == made, "something is lost")
        expect(out(server.exec(used, "print(open('file').read())")) == "kept\n", "the file is lost")
    return f"507: {refused}; reads and runs in memory answered, all {len(made)} there after a crash"


@case("S05", "EIO, EROFS and ENOMEM from every write of the database; no descriptor left",
      "an error with a name, no partial change, the server goes on")
def disk_fails(bench):
    seen = []
    with server_with_disk(bench) as (server, disk):
        made = {create(server)[1]["id"]}
        for error in (errno.EIO, errno.EROFS, errno.ENOMEM):
            disk.fail(error)
            status, answer = create(server)
            expect(status in (500, 503, 507) and "code" in answer, f"{errno.errorcode[error]}: {status} {answer}")
            seen.append(f"{errno.errorcode[error]} {status}")
            expect(listed(server) == made, f"{errno.errorcode[error]}: what can be read is not what was made")
            disk.fail(0)
            made.add(server.create(mode="stateful")["id"])
        expect(disk.was_asked(), "the database does not go through the library")
        server.kill()
        restart(server)
        expect(listed(server) == made, "something is lost, or half made")
    with scratch_server(bench.server.program) as server:
        seen.append(f"no descriptor: {without_descriptors(server)}")
    return ", ".join(seen)


def without_descriptors(server) -> str:
    """What calls end as while the server can open nothing more; afterwards it works."""
    pid = server.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    taken = {int(name) for name in os.listdir(f"/proc/{pid}/fd")}
    lowest = next(number for number in range(len(taken) + 1) if number not in taken)
    answers = set()
    # From none at all to a few, which a connection takes and a run does not get.
    for spare in (0, 1, 2, 4, 8):
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (lowest + spare, before[1]))
        try:
            for call in [Background(answer_of, server) for _ in range(20)]:
                answers.add(call.result())
        finally:
            resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
    time.sleep(0.2)
    expect(server.is_running(), f"the server has ended: {server.process.returncode} {server.log_tail()[-600:]}")
    expect(answers <= {"500", "503", "200", "none"}, f"answers {answers}")
    ended(server.execute("print(1)"), "succeeded")
    return " or ".join(sorted(answers))


def answer_of(server) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=HANG_SECONDS)
    try:
        with open(os.path.join(server.data, "admin.token"), encoding="ascii") as token:
            headers = {"Authorization": f"Bearer {token.read().strip()}", "Content-Type": "application/json"}
        connection.request("POST", f"{BASE}/execute", '{"language": "bash", "code": "echo 1"}', headers)
        return str(connection.getresponse().status)
    except (OSError, http.client.HTTPException):
        # Not accepted until there is a descriptor again, or closed at once.
        return "none"
    finally:
        connection.close()


@case("S06", "power loss under load, four times: the database has only what its last syncs left on the disk",
      "every answer stays true")
def power_loss(bench):
    chance = random.Random(6)
    made, gone = set(), set()
    with server_with_disk(bench) as (server, disk):

        def client(stopping):
            mine = set()
            while not stopping:
                try:
                    status, answer = create(server)
                    if status == 201:
                        mine.add(answer["id"])
                        made.add(answer["id"])
                    if len(mine) > 3:
                        sandbox = mine.pop()
                        made.discard(sandbox)
                        if server.request("DELETE", f"{BASE}/{sandbox}")[0] == 204:
                            gone.add(sandbox)
                except (OSError, http.client.HTTPException):
                    return

        for _ in range(4):
            stopping = []
            clients = [Background(client, stopping) for _ in range(4)]
            time.sleep(chance.uniform(0.3, 0.8))
            server.kill()
            stopping.append(True)
            for call in clients:
                call.result()
            expect(disk.was_asked(), "the database does not go through the library")
            disk.lose_power(server)
            restart(server)
            now = listed(server)
            expect(made <= now, f"acknowledged and lost: {made - now}")
            expect(not gone & now, f"deleted and back: {gone & now}")
    return f"{len(made)} made and {len(gone)} deleted sandboxes, all as acknowledged"


@case("S15", "every sync of the database takes a second", "reads and runs do not wait for it")
def slow_sync(bench):
    with server_with_disk(bench) as (server, disk):
        sandbox = create(server)[1]["id"]
        disk.slow(1)
        writes, reads, runs = [], [], []
        # Each turn begins while a write waits for the disk; what waited for it too would take a second more than what
        # a server with a fast disk takes by turns.
        for _ in range(TURNS):
            if all(call.is_over() for call in writes):
                writes += [Background(create, server) for _ in range(2)]
            reads.append(read_turn(server, sandbox) - read_turn(bench.control, None))
            runs.append(run_turn(server) - run_turn(bench.control))
        expect({call.result()[0] for call in writes} == {201}, "a create failed")
        expect(disk.was_asked(), "the database does not go through the library")
        slower = statistics.median(reads), statistics.median(runs)
        expect(max(slower) < 0.5, f"a read takes {slower[0]:.2f} s more, a run {slower[1]:.2f} s")
    return (f"{len(reads)} reads and runs beside {len(writes)} writes of over a second take {1000 * slower[0]:.0f} and "
            f"{1000 * slower[1]:.0f} ms more than on a fast disk")


TURNS = 12


def read_turn(server, sandbox) -> float:
    """Seconds of looking at a list, and at a sandbox if there is one."""
    paths = [BASE] + ([f"{BASE}/{sandbox}"] if sandbox else [BASE])
    return seconds_of(lambda: [server.call("GET", path) for path in paths])


def run_turn(server) -> float:
    return seconds_of(lambda: ended(server.execute("pass"), "succeeded"))


@contextlib.contextmanager
def stopped(server):
    """Ends the server for what is done to its files, which are put back in the end."""
    expect(server.terminate() == 0, "the server does not end")
    kept = os.path.join(os.path.dirname(server.data), "backup")
    os.mkdir(kept)
    for path in glob.glob(os.path.join(server.data, "*.sqlite*")):
        shutil.copy(path, kept)
    try:
        yield os.path.join(server.data, "outpost.sqlite")
    finally:
        if server.is_running():
            server.stop()
        for path in glob.glob(os.path.join(server.data, "*.sqlite*")):
            os.unlink(path)
        for path in glob.glob(os.path.join(kept, "*")):
            shutil.copy(path, server.data)
        shutil.rmtree(kept)


def refusal(server) -> str:
    """The words of a server that does not start; it must say them itself, not die of something."""
    with environ(server.environment):
        second = subprocess.run([server.program, "serve", "--listen", "127.0.0.1:0", "--data-dir", server.data],
                                capture_output=True, text=True, timeout=HANG_SECONDS, check=False)
    expect(second.returncode > 0, f"serve ends with {second.returncode}: {second.stderr[-300:]}")
    return second.stderr.strip().splitlines()[-1].replace(server.data, "…")


def contents(database: str) -> list:
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return list(connection.iterdump())


def works_after(server, made: set) -> None:
    """After the backup was put back."""
    restart(server)
    expect(listed(server) == made, "the backup does not hold what was there")


@case("S12", "a database that a newer version wrote", "refused with a message that says so; the file does not change")
def newer_version(bench):
    with scratch_server(bench.server.program) as server:
        made = {create(server)[1]["id"]}
        with stopped(server) as database:
            connection = sqlite3.connect(database)
            connection.execute("INSERT INTO grdb_migrations VALUES ('9999')")
            connection.commit()
            connection.close()
            before = contents(database)
            words = refusal(server)
            expect("newer version" in words, words)
            expect(contents(database) == before, "the database was changed")
        works_after(server, made)
    return words[-200:]


@case("S14", "a garbage record; a database that is cut short, or has flipped bits, in 11 ways",
      "sound records are served, others are named; no start crashes")
def damaged_database(bench):
    chance = random.Random(14)
    with scratch_server(bench.server.program) as server:
        made = {create(server)[1]["id"] for _ in range(20)}
        bad, used = sorted(made)[:2]
        ended(server.exec(bad, "open('file', 'w').write('kept')"), "succeeded")
        ended(server.exec(used, "open('file', 'w').write('kept')"), "succeeded")
        with stopped(server) as database:
            check_garbage_record(server, database, bad, made)
        works_after(server, made)
        count = {"served": 0, "refused": 0}
        for number in range(12):
            with stopped(server) as database:
                damage(database, chance, cut=number == 0)
                count[start_damaged(server)] += 1
            works_after(server, made)
        expect(out(server.exec(used, "print(open('file').read())")) == "kept\n", "the file is lost")
    return (f"the garbage record is set aside; of 12 damaged databases {count['served']} are served, "
            f"{count['refused']} refused")


def check_garbage_record(server, database: str, bad: str, made: set) -> None:
    connection = sqlite3.connect(database)
    connection.execute("UPDATE sandboxes SET document = '{\"garbage' WHERE id = ?", (bad,))
    connection.commit()
    connection.close()
    restart(server)
    expect(listed(server) == made - {bad}, "the other records are not served")
    expect(server.request("GET", f"{BASE}/{bad}")[0] == 404, "the garbage is served")
    expect(os.path.exists(os.path.join(server.data, "sandboxes", bad, "disk.ext4")), "the disk of the garbage is gone")


def damage(database: str, chance: random.Random, cut: bool) -> None:
    # What is still in the log would repair it.
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    size = os.path.getsize(database)
    with open(database, "r+b") as file:
        if cut:
            file.truncate(size // 2)
            return
        for _ in range(8):
            place = chance.randrange(size)
            file.seek(place)
            byte = file.read(1)[0]
            file.seek(place)
            file.write(bytes([byte ^ 1 << chance.randrange(8)]))


def start_damaged(server) -> str:
    """Whether the server serves what it can read, or says that it cannot; anything else fails."""
    try:
        restart(server)
    except AssertionError as error:
        code = server.process.returncode
        if code is None or code <= 0:
            raise Failure(f"the start on a damaged database ends with {code}: {str(error)[-300:]}") from None
        return "refused"
    for method, path in ("GET", BASE), ("POST", BASE), ("GET", "/auth/v1/pat"):
        status, answer = server.request(method, path, STATEFUL if method == "POST" else None)
        expect(status in (200, 201, 500, 503, 507), f"{method} {path} answers {status}: {answer}")
    expect(server.is_running(), f"a call ended the server: {server.log_tail()[-300:]}")
    return "served"
