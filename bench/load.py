# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Load from many clients at once, by wrk: a client in C, since it takes its share of the cores that it measures."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import time

import peers
import server

SCRIPT = pathlib.Path(__file__).with_name("load.lua")
BODY = {"language": "python", "code": peers.PROGRAM}
EXPECTED = '"status":"succeeded","stdout":"4\\n"'
# What is under way when wrk ends has ended by then.
REST = 0.3


def absence():
    return None if shutil.which("wrk") else "wrk is not installed"


def run(service, clients, seconds, body=None, expected=EXPECTED, path="execute", status=200):
    """Right answers a second and percentiles in milliseconds; raises when an answer was wrong.

    `path` is below that of the sandboxes."""
    command = ["wrk", "--threads", "1", "--connections", str(clients), "--duration", f"{seconds}s", "--timeout", "60s",
               "--script", str(SCRIPT), f"http://127.0.0.1:{service.port}{server.SANDBOXES}/{path}"]
    environment = {**os.environ, "OUTPOST_BENCH_TOKEN": service.token, "OUTPOST_BENCH_EXPECTED": expected,
                   "OUTPOST_BENCH_BODY": json.dumps(body or BODY), "OUTPOST_BENCH_STATUS": str(status)}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False,
                         timeout=seconds + 60)
    time.sleep(REST)
    found = re.search(r"^outpost-bench (right=.*)$", ran.stdout, re.MULTILINE)
    if ran.returncode != 0 or not found:
        raise RuntimeError(f"wrk ended with status {ran.returncode}: {ran.stderr or ran.stdout}")
    figures = {name: float(value) for name, value in (part.split("=") for part in found[1].split())}
    if not figures["right"] and not figures["wrong"]:
        raise RuntimeError(f"none of {clients} clients had an answer within {seconds} s")
    if figures["wrong"]:
        example = re.search(r"^outpost-bench example (.*)", ran.stdout, re.MULTILINE)
        raise RuntimeError(f"{figures['wrong']:.0f} of {figures['right'] + figures['wrong']:.0f} answers were wrong"
                           + (f", one: {example[1]}" if example else ""))
    return {"count": int(figures["right"]), "seconds": figures["seconds"],
            "runs_per_second": figures["right"] / figures["seconds"],
            **{name: value for name, value in figures.items() if name.startswith("p")}}
