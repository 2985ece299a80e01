# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""A client in a process of its own, which runs a small program turn by turn on a server and without one.

The threads of an attack share one interpreter of Python, and each waits for its lock. Whoever is measured among them waits
as well, and the server would be blamed for that.
"""

import http.client
import json
import os
import subprocess
import sys
import time

FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Turns:
    """The process, seen from the suite."""

    def __init__(self, port: int, namespace: str, authorization: str):
        self.process = subprocess.Popen([sys.executable, "-m", "hostile.turns"], cwd=FOLDER, text=True, bufsize=1,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.say([port, namespace, authorization])

    def say(self, what) -> None:
        print(json.dumps(what), file=self.process.stdin)

    def pair(self) -> tuple:
        """Seconds of a run, and of the same program without a server; raises `OSError` when it was not served."""
        self.say("pair")
        answer = json.loads(self.process.stdout.readline() or '"the client has ended"')
        if isinstance(answer, str):
            raise OSError(answer)
        return tuple(answer)

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def control_run() -> float:
    """Seconds of the program without a sandbox and without a server."""
    started = time.monotonic()
    subprocess.run(["/usr/bin/python3", "-c", "print(1)"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   check=True)
    return time.monotonic() - started


def run(port: int, namespace: str, authorization: str) -> float:
    """Seconds of the program in a sandbox of its namespace."""
    started = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request("POST", f"/auth/v1/seed/{namespace}/sandbox/execute",
                       json.dumps({"language": "python", "code": "print(1)"}),
                       {"Authorization": authorization, "Content-Type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    took = time.monotonic() - started
    if answer.status != 200 or json.loads(content)["stdout"] != "1\n":
        raise OSError(f"its run gave {answer.status}: {content[:300]}")
    return took


def main() -> None:
    port, namespace, authorization = json.loads(sys.stdin.readline())
    for _ in sys.stdin:
        try:
            answer = run(port, namespace, authorization), control_run()
        except (OSError, http.client.HTTPException, subprocess.CalledProcessError) as error:
            answer = str(error)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
