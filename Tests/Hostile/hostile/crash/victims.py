# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""What is killed, and how it comes back."""

import os
import signal

from hostile.case import Failure, expect
from hostile.host import agents, spawner, wait_for
from hostile.oracle import is_zombie

VICTIMS = ("server", "spawner", "agent")
# How long the server may take to notice that its spawner is gone and to have another one.
RESPAWN_SECONDS = 10


def kill(server, victim: str, chance, clients) -> str:
    """Kills one and returns when the server serves again; returns what was killed, in words."""
    if victim == "server":
        return kill_server(server, clients)
    if victim == "spawner":
        return kill_spawner(server, clients)
    return kill_agent(server, chance, clients)


def kill_server(server, clients) -> str:
    clients.disturb("server")
    server.kill()
    server.start()
    clients.settle()
    return "server"


def kill_spawner(server, clients) -> str:
    pid = spawner(server)
    expect(pid, "the server has no spawner")
    clients.disturb("spawner")
    os.kill(pid, signal.SIGKILL)
    try:
        took = wait_for(lambda: works(server, pid), RESPAWN_SECONDS, "")
    except Failure:
        # The rest of the round needs one that works.
        alive = server.is_running() and server.is_healthy()
        server.kill()
        server.start()
        clients.settle()
        state = "the server is healthy" if alive else "the server is gone"
        raise Failure(f"the spawner is not replaced after {RESPAWN_SECONDS} s, and {state}") from None
    clients.settle()
    return f"spawner, runs work again after {took * 1000:.0f} ms"


def works(server, dead: int) -> bool:
    """Whether another spawner is there and a run succeeds."""
    if spawner(server) in (0, dead) or is_zombie(dead):
        return False
    status, answer = server.request(
        "POST", "/auth/v1/seed/default/sandbox/execute", {"language": "bash", "code": "echo 1"})
    return status == 200 and answer["status"] == "succeeded"


def kill_agent(server, chance, clients) -> str:
    found = []

    def look():
        found[:] = agents(server)
        return found

    wait_for(look, 5, "no sandbox is up under load")
    clients.disturb("agent")
    try:
        os.kill(chance.choice(found), signal.SIGKILL)
    except ProcessLookupError:
        clients.settle()
        return "agent that had just ended"
    clients.settle()
    return "agent"
