# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""What is killed, and how it comes back.

Beside the load there is a witness: a run of which is known that it is in progress when its agent or its spawner is
killed.
"""

import contextlib
import os
import signal

from hostile.case import HANG_SECONDS, Failure, expect
from hostile.host import Background, agents, in_runs, spawner, wait_for
from hostile.oracle import is_zombie, lines, parent

EXECUTE = "/auth/v1/seed/default/sandbox/execute"

VICTIMS = ("server", "spawner", "agent")


def kill(server, victim: str, chance, clients) -> str:
    """Kills one and returns when the server serves again; returns what was killed, in words."""
    if victim == "server":
        return kill_server(server, clients)
    if victim == "spawner":
        return kill_spawner(server, chance, clients)
    return kill_agent(server, chance, clients)


def kill_server(server, clients) -> str:
    clients.disturb("server")
    server.kill()
    server.start()
    clients.settle()
    return "server"


class Witness:
    """A run that does not end by itself, and the process of its program."""

    def __init__(self, server, number: int):
        # Told from all others by how long it would sleep.
        self.mark = f"{10_000_000 + number}"
        self.call = Background(server.request, "POST", EXECUTE, {
            "language": "bash", "code": f"exec sleep {self.mark}", "timeout_secs": 600})
        self.program = 0
        wait_for(lambda: self.find(server), "the witness does not start")

    def find(self, server) -> bool:
        for pid in in_runs(server):
            if "".join(lines(f"/proc/{pid}/cmdline")).split("\0")[:2] == ["sleep", self.mark]:
                self.program = pid
                return True
        return False

    def check(self) -> None:
        """It was in progress, so its end must be told, at once, and as no fault of the program's."""
        status, answer = self.call.result(HANG_SECONDS)
        expect(status == 200 and answer["status"] == "sandbox_error",
               f"a run whose sandbox died is told as {status} {answer}")
        expect(not os.path.exists(f"/proc/{self.program}") or is_zombie(self.program), "its program lives")


def kill_spawner(server, chance, clients) -> str:
    pid = spawner(server)
    expect(pid, "the server has no spawner")
    witness = Witness(server, chance.randrange(1_000_000))
    clients.disturb("spawner")
    os.kill(pid, signal.SIGKILL)
    try:
        took = wait_for(lambda: works(server, pid), "")
    except Failure:
        # The rest of the round needs one that works.
        alive = server.is_running() and server.is_healthy()
        server.kill()
        server.start()
        clients.settle()
        state = "the server is healthy" if alive else "the server is gone"
        raise Failure(f"the spawner is not replaced after {HANG_SECONDS} s, and {state}") from None
    clients.settle()
    witness.check()
    return f"spawner, runs work again after {took * 1000:.0f} ms"


def works(server, dead: int) -> bool:
    """Whether another spawner is there and a run succeeds."""
    if spawner(server) in (0, dead) or is_zombie(dead):
        return False
    status, answer = server.request(
        "POST", "/auth/v1/seed/default/sandbox/execute", {"language": "bash", "code": "echo 1"})
    return status == 200 and answer["status"] == "succeeded"


def kill_agent(server, chance, clients) -> str:
    """Kills the witness's agent, or any, which may be at any point of its life."""
    if chance.random() < 0.5:
        witness = Witness(server, chance.randrange(1_000_000))
        clients.disturb("agent")
        # The agent is what made the program.
        os.kill(parent(witness.program), signal.SIGKILL)
        witness.check()
        clients.settle()
        return "agent of a run in progress"
    found = []

    def look():
        found[:] = agents(server)
        return found

    wait_for(look, "no sandbox is up under load")
    clients.disturb("agent")
    with contextlib.suppress(ProcessLookupError):
        os.kill(chance.choice(found), signal.SIGKILL)
    clients.settle()
    return "agent"
