# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""The live calls as load: each client does one after the other in a sandbox of its own, and leaves some of it running."""

import http.client
import io
import json
import struct
import tarfile
import time

from hostile.case import Failure, expect
from hostile.crash.living import Left, Living, Versions, content
from hostile.crash.transport import LiveCaller, Unserved, first_event
from hostile.groups.api_wire import admin_token
from hostile.websocket import WebSocket

# What a call meets when something dies, beside an answer that is `Unserved`.
BROKEN = (Unserved, OSError, EOFError, http.client.HTTPException)
# Left running in one sandbox at a time: more would only make the checks longer.
MOST_LEFT = 2
FILES = 4
MOST_BYTES = 300_000


def packed(files: dict) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, body in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
    return buffer.getvalue()


def unpacked(archive: bytes) -> dict:
    """The files of an archive; raises `Unserved` for one that is cut, as the answer of a dead server is."""
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as members:
            return {member.name: members.extractfile(member).read() for member in members if member.isfile()}
    except tarfile.ReadError as error:
        raise Unserved(f"an archive was cut: {error}") from None


class LiveCalls:
    """Makes the calls. `clients` keeps the sandboxes, the complaints and the count of what was hit."""

    def __init__(self, clients):
        self.clients = clients
        self.caller = LiveCaller(clients.server)
        self.living = {}
        # Content of its one file by the id of each snapshot, and the names of those without an answer.
        self.snapshots = {}
        self.lost_snapshots = set()
        self.number = 0

    def begin(self) -> None:
        self.caller.know("Bearer " + admin_token(self.clients.server))

    def forget(self) -> None:
        self.living, self.snapshots, self.lost_snapshots = {}, {}, set()

    def next_number(self) -> int:
        with self.clients.lock:
            self.number += 1
            return self.number

    def step(self, index: int, chance) -> None:
        """One call or a few that belong together, by the client `index`."""
        living = self.living.get(index)
        if living is None:
            made = self.clients.create(is_shared=False)
            if made:
                self.living[index] = Living(made)
            return
        # A kill is to meet something that goes on.
        steps = [kind for kind, left in ((LiveCalls.process, living.processes), (LiveCalls.kernel, living.kernels)) if not left]
        begun, action = time.monotonic(), chance.choice(steps * 3 + list(STEPS))
        way = "done"
        try:
            action(self, living, chance)
        except Failure as failure:
            self.clients.complaints.append(f"{action.__name__}: {failure}")
        except BROKEN as error:
            way = "disturbed"
            if not self.clients.was_disturbed(begun, "server", "spawner", "agent"):
                self.clients.complaints.append(f"{action.__name__}: {error!r}")
            # Not again before there can be somebody.
            self.clients.stopping.wait(0.1)
        self.clients.tally[f"{action.__name__} {way}"] += 1

    # MARK: Runs

    def streamed_run(self, living, chance) -> None:
        number = self.next_number()
        body = {"code": f"echo {number}; sleep {chance.uniform(0, 0.2):.2f}; echo {number + 1} >&2", "language": "bash"}
        path, fields = chance.choice([(living.path("exec"), {}), ("/execute", {"language": "bash"})])
        with self.caller.events(path, {**body, **fields}) as events:
            streams = {"stdout": "", "stderr": ""}
            for name, data in events:
                if name in streams:
                    streams[name] += data["data"]
                elif name == "end":
                    if data["status"] == "sandbox_error":
                        raise Unserved("the run is a sandbox_error")
                    expect(data["status"] == "succeeded", f"a run ended as {data['status']}: {data}")
                    expect(streams == {"stdout": f"{number}\n", "stderr": f"{number + 1}\n"}, f"{number}: {streams}")
                    return
        raise Unserved("a stream was cut")

    # MARK: Processes

    def process(self, living, chance) -> None:
        begun, number = time.monotonic(), self.next_number()
        started = self.caller.served("POST", living.path("processes"), {
            "command": ["cat"], "stdin": True, "name": f"cat-{number}"}, status=201)
        path = living.path(f"processes/{started['id']}")
        attached = self.connect(path + "/attach")
        attached.send(f"line {number}\n".encode())
        attached.read_until(f"line {number}\n".encode())
        if not living.processes or (len(living.processes) < MOST_LEFT and chance.random() < 0.5):
            living.processes[started["id"]] = Left(begun, f"cat-{number}")
            return attached.close()
        if chance.random() < 0.5:
            attached.say({"eof": True})
            wanted = {"status": "exited", "exit_code": 0}
        else:
            self.caller.served("POST", path + "/signal", {"signal": "SIGKILL"}, status=204)
            wanted = {"status": "signalled", "signal": "SIGKILL"}
        self.expect_exit(attached, wanted)
        return self.caller.served("DELETE", path, status=204)

    def connect(self, path: str) -> WebSocket:
        connection = WebSocket(self.caller, path)
        if connection.status != 101:
            raise Unserved(f"{path}: {connection.status} {connection.received!r}")
        return connection

    @staticmethod
    def expect_exit(attached: WebSocket, wanted: dict) -> None:
        """Reads to the message that tells the end, and checks it."""
        while True:
            opcode, payload = attached.next()
            if opcode == 8:
                raise Unserved(f"closed with {struct.unpack('>H', payload[:2])[0]}: {payload[2:]!r}")
            if opcode == 1:
                break
        attached.close()
        exit_ = json.loads(payload)["exit"]
        if exit_["status"] == "lost" or exit_["cause"] == "sandbox_error":
            raise Unserved(f"the process ended as {exit_}")
        expect(wanted.items() <= exit_.items(), f"a process ended as {exit_}, not as {wanted}")

    def terminal(self, living, _) -> None:
        number = self.next_number()
        shell = self.connect(living.path("terminal?cols=80&rows=24"))
        shell.send(f"echo sum=$(({number} + 1))\n".encode())
        shell.read_until(f"sum={number + 1}".encode())
        shell.close()

    # MARK: Files

    def file(self, living, chance) -> None:
        number = self.next_number()
        name, body = f"file-{chance.randrange(FILES)}", content(number, chance.randrange(1, MOST_BYTES))
        versions = living.files.setdefault(name, Versions())
        versions.doubtful.append(body)
        status, answer = self.caller.bytes_of("PUT", living.path(f"files/{name}"), body)
        if status not in (201, 204):
            raise Unserved(f"PUT {name}: {status} {answer[:300]}")
        versions.settle(body)
        status, found = self.caller.bytes_of("GET", living.path(f"files/{name}"))
        if status != 200:
            raise Unserved(f"GET {name}: {status} {found[:300]}")
        expect(found == body, f"{name} is not what was put: {len(found)} of {len(body)} bytes")

    def archive(self, living, chance) -> None:
        number = self.next_number()
        files = {f"{number}-{index}": content(number + index, chance.randrange(1, MOST_BYTES // 4)) for index in range(3)}
        status, answer = self.caller.bytes_of("PUT", living.path(f"archive?path=tree-{number}&mkdir"), packed(files))
        if status != 200:
            raise Unserved(f"PUT archive: {status} {answer[:300]}")
        before, living.archive = living.archive, (f"tree-{number}", files)
        self.check_archive(living)
        if before:
            self.caller.served("DELETE", living.path(f"files/{before[0]}?recursive=true"), status=204)

    def check_archive(self, living) -> None:
        """The last archive that was unpacked is there as it was packed."""
        name, files = living.archive
        status, answer = self.caller.bytes_of("GET", living.path(f"archive?path={name}"))
        if status != 200:
            raise Unserved(f"GET archive: {status} {answer[:300]}")
        found = unpacked(answer)
        expect(found == files, f"{name} has {sorted(found)}, or other content, not {sorted(files)}")

    def watch(self, living, _) -> None:
        name = f"seen-{self.next_number()}"
        with self.caller.events(living.path("files/?watch")) as events:
            first_event(events, "ready")
            status, answer = self.caller.bytes_of("PUT", living.path(f"files/{name}"), b"seen")
            if status != 201:
                raise Unserved(f"PUT {name}: {status} {answer[:300]}")
            while not first_event(events, "created", "moved", "modified")["path"].endswith(name):
                pass

    # MARK: Kernels, pauses, snapshots, events

    def kernel(self, living, chance) -> None:
        begun, number = time.monotonic(), self.next_number()
        made = self.caller.served("POST", living.path("contexts"), {"language": "python"}, status=201)
        path = living.path(f"contexts/{made['id']}")
        self.run_in_kernel(path, f"x = {number}")
        with self.caller.events(path + "/exec", {"code": "x"}) as events:
            result = first_event(events, "result")
        expect(result["text/plain"] == str(number), f"a kernel says {result}, not {number}")
        if not living.kernels or (len(living.kernels) < MOST_LEFT and chance.random() < 0.5):
            living.kernels[made["id"]] = Left(begun, number)
        else:
            self.caller.served("DELETE", path, status=204)

    def run_in_kernel(self, path: str, code: str) -> dict:
        answer = self.caller.served("POST", path + "/exec", {"code": code})
        if answer["status"] == "sandbox_error":
            raise Unserved(f"the kernel says {answer['message']}")
        expect(answer["status"] == "succeeded", f"code in a kernel ended as {answer}")
        return answer

    def pause(self, living, _) -> None:
        try:
            self.caller.served("POST", living.path("pause"))
            status, answer = self.caller.request("POST", living.path("exec"), {"code": "print(1)"})
            # A pause ends with the server.
            if status != 409 or "paused" not in answer["message"]:
                raise Unserved(f"a run in a paused sandbox: {status} {answer}")
            self.caller.served("POST", living.path("resume"))
        except BROKEN:
            self.resume(living)
            raise

    def resume(self, living) -> None:
        """Whether it is paused or not, as far as there is a server."""
        try:
            self.caller.request("POST", living.path("resume"))
        except (OSError, http.client.HTTPException):
            pass

    def snapshot(self, _, chance) -> None:
        number = self.next_number()
        body = content(number, chance.randrange(1, MOST_BYTES))
        with self.clients.passing_sandbox(self.caller) as (sandbox, name, forks):
            status, answer = self.caller.bytes_of("PUT", f"/{sandbox}/files/kept", body)
            if status != 201:
                raise Unserved(f"PUT: {status} {answer[:300]}")
            # Until it is answered, it is there or not.
            self.lost_snapshots.add(name)
            made = self.caller.served("POST", f"/{sandbox}/snapshot", {"name": name}, status=201)
            self.snapshots[made["id"]] = body
            # A fork has the name too, so one without an answer is found by it.
            for fork in self.caller.served("POST", f"/{sandbox}/fork", {"count": 1}, status=201)["data"]:
                forks.append(fork["id"])
                status, found = self.caller.bytes_of("GET", f"/{fork['id']}/files/kept")
                if status != 200:
                    raise Unserved(f"GET of a fork: {status} {found[:300]}")
                expect(found == body, f"a fork has {len(found)} other bytes than the {len(body)} of its origin")

    def events(self, living, _) -> None:
        with self.caller.events(living.path("events")) as events:
            name, data = next(events, ("nothing", {}))
            if name == "nothing":
                raise Unserved("a stream of events was cut")
            expect(name in ("created", "restarted") or data["seq"] > 1, f"the first event is {name} {data}")


STEPS = (LiveCalls.streamed_run, LiveCalls.process, LiveCalls.terminal, LiveCalls.file, LiveCalls.archive, LiveCalls.watch,
         LiveCalls.kernel, LiveCalls.pause, LiveCalls.snapshot, LiveCalls.events)
