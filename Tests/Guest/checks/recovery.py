# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""A server that is killed and started again over the same data."""

import http.client
import threading

from checks.processes import marker, processes_with
from checks.rig import expect, wait_until
from checks.server import BASE


def a_stateful_sandbox_outlives_a_killed_server(rig):
    sandbox = rig.server.create(mode="stateful")["id"]
    rig.server.exec(sandbox, "open('note', 'w').write('kept')")
    rig.server.kill()
    rig.server.start()
    expect(rig.server.exec(sandbox, "print(open('note').read())")["stdout"], "kept\n", "what is read after the restart")
    rig.server.call("DELETE", f"{BASE}/{sandbox}", status=204)


def a_run_of_a_killed_server_does_not_go_on(rig):
    mark = marker()
    code = f"import subprocess; subprocess.run(['sleep', '{mark}'])"
    call = threading.Thread(target=lose_the_answer, args=(rig.server, code))
    call.start()
    try:
        wait_until(lambda: processes_with(mark), lambda: "the program did not start")
        rig.server.kill()
    finally:
        call.join()
    rig.server.start()
    wait_until(lambda: not processes_with(mark), lambda: "the program still runs after the restart")
    expect(rig.server.execute("print(2+2)")["stdout"], "4\n", "stdout of the next run")


def lose_the_answer(server, code: str) -> None:
    """Starts a run whose answer never comes, because the server is killed meanwhile."""
    try:
        server.execute(code, timeout_secs=600)
    except (OSError, http.client.HTTPException):
        pass  # The connection broke, as meant.


CHECKS = [a_stateful_sandbox_outlives_a_killed_server, a_run_of_a_killed_server_does_not_go_on]
