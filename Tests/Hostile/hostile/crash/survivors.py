# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""What must hold of the things that live in sandboxes, after kills."""

import os

from hostile.case import expect
from hostile.crash.living import Living
from hostile.host import wait_for

QUOTAS = ("max_streams", "max_live_processes", "max_concurrent_runs")


class Survivors:
    """Looks for what the clients have left in their sandboxes, and removes what must not go on into the next round."""

    def __init__(self, server, clients):
        self.server = server
        self.clients = clients
        self.live = clients.live
        self.caller = clients.live.caller

    def check(self) -> None:
        """Raises `Failure` naming what is lost, mixed, or told wrongly."""
        for living in self.live.living.values():
            self.check_processes(living)
            self.check_kernels(living)
            self.check_files(living)
            self.end_the_rest(living)
        self.check_snapshots()
        wait_for(lambda: not self.held(), lambda: f"counted and not there: {self.held()}")

    # MARK: Processes and kernels

    def check_processes(self, living: Living) -> None:
        """The record of each is there and true, and the name of one that has ended is free."""
        for identifier, left in living.processes.items():
            path, killed = living.path(f"processes/{identifier}"), left.may_have_died_of(self.clients.disturbances)
            surely = left.died_of(self.clients.disturbances) & {"server", "spawner"}
            self.await_status(path, {"lost"} if surely else {"running", "lost"} if killed else {"running"})
            process = self.ask("GET", path)
            if process["status"] == "lost":
                again = self.ask("POST", living.path("processes"), {"command": ["true"], "name": left.mark}, status=201)
                self.ask("DELETE", living.path(f"processes/{again['id']}"), status=204)
            self.ask("DELETE", path, status=204)
            self.ask("GET", path, status=404)
            self.clients.tally[f"process found {process['status']}"] += 1
        living.processes.clear()

    def await_status(self, path: str, allowed: set) -> None:
        wait_for(lambda: self.ask("GET", path)["status"] in allowed,
                 lambda: f"{path} is {self.ask('GET', path)}, not one of {allowed}")

    def check_kernels(self, living: Living) -> None:
        """Each has its variables, or is dead and says why; those of a dead server are gone."""
        for identifier, left in living.kernels.items():
            path, killed = living.path(f"contexts/{identifier}"), left.may_have_died_of(self.clients.disturbances)
            surely = left.died_of(self.clients.disturbances)
            if "server" in surely or ("server" in killed and self.caller.request("GET", path)[0] == 404):
                self.ask("GET", path, status=404)
                self.clients.tally["kernel found gone"] += 1
                continue
            if "spawner" in surely:
                self.await_status(path, {"dead"})
            self.clients.tally[f"kernel found {self.check_kernel(path, left.mark, killed)}"] += 1
            self.ask("DELETE", path, status=204)
        living.kernels.clear()

    def check_kernel(self, path: str, value: int, killed: set) -> str:
        status, answer = self.caller.request("POST", path + "/exec", {"code": "x"})
        if status == 200 and answer["status"] == "succeeded":
            expect(answer["results"][0]["text/plain"] == str(value), f"{path} has lost its variables: {answer}")
            return "idle"
        expect(killed, f"{path} has no reason to end: {status} {answer}")
        context = self.ask("GET", path)
        expect(context["status"] == "dead" and context["cause"] == "sandbox_ended", f"a dead kernel is told as {context}")
        expect(status == 409 and "dead" in answer["message"], f"a call of a dead kernel: {status} {answer}")
        return "dead"

    def end_the_rest(self, living: Living) -> None:
        """What a client had just started when its call was disturbed is listed, and ends when it is deleted."""
        for kind in ("processes", "contexts"):
            for item in self.ask("GET", living.path(kind))["data"]:
                self.ask("DELETE", living.path(f"{kind}/{item['id']}"), status=204)

    # MARK: Files and snapshots

    def check_files(self, living: Living) -> None:
        """Each file is whole: of the last version that was acknowledged, or of one without an answer."""
        for name, versions in living.files.items():
            status, found = self.caller.bytes_of("GET", living.path(f"files/{name}"))
            expect(status in (200, 404), f"{name}: {status} {found[:300]}")
            found = found if status == 200 else None
            expect(versions.allows(found), f"{name} of {living.sandbox} is lost or mixed: {status}, {len(found or b'')} bytes")
            versions.settle(found)
        if living.archive:
            self.live.check_archive(living)
        drafts = [item["name"] for item in self.ask("GET", living.path("files/?list"))["data"]
                  if not item["name"].startswith(("file-", "tree-", "seen-"))]
        expect(not drafts, f"a file that nobody made is left in {living.sandbox}: {drafts}")

    def check_snapshots(self) -> None:
        """Those that were acknowledged are there, with their file; the disks below them go with the last one."""
        found = {item["id"]: item["name"] for item in self.ask("GET", "/snapshots?per_page=100")["data"]}
        missing = set(self.live.snapshots) - set(found)
        expect(not missing, f"acknowledged snapshots are gone: {missing}")
        strange = {identifier for identifier, name in found.items() if name not in self.live.lost_snapshots}
        expect(not strange, f"nobody made the snapshots {strange}")
        # One tells as much as all, and the time of a round stays short.
        for identifier in list(self.live.snapshots)[:1]:
            self.check_snapshot(identifier)
        for identifier in found:
            self.ask("DELETE", f"/snapshots/{identifier}", status=204)
        self.live.snapshots, self.live.lost_snapshots = {}, set()
        wait_for(lambda: not self.sealed(), lambda: f"disks without a sandbox and a snapshot: {self.sealed()}")

    def check_snapshot(self, identifier: str) -> None:
        made = self.ask("POST", "", {"language": "python", "mode": "stateful", "snapshot": identifier}, status=201)
        status, found = self.caller.bytes_of("GET", f"/{made['id']}/files/kept")
        expect(status == 200 and found == self.live.snapshots[identifier], f"{identifier} has other files: {status}")
        self.ask("DELETE", f"/{made['id']}", status=204)

    def sealed(self) -> list:
        path = os.path.join(self.server.data, "sealed", "default")
        return os.listdir(path) if os.path.isdir(path) else []

    # MARK: What is counted

    def held(self) -> dict:
        """What the server counts as in use."""
        status, answer = self.caller.call("GET", "/auth/v1/quotas")
        expect(status == 200, answer)
        return {item["name"]: item["used"] for item in answer["quotas"] if item["name"] in QUOTAS and item["used"]}

    def ask(self, method: str, path: str, body=None, status: int = 200):
        """The decoded answer, which must have the status: nothing is broken any more."""
        found, answer = self.caller.request(method, path, body)
        expect(found == status, f"{method} {path}: {found}, not {status}: {answer}")
        return answer
