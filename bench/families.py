# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Programs that take long to start, or to build, without a sandbox and over HTTP, turn by turn."""
import itertools
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

import latency
import peers
import samples
import server

PANDAS_ROUNDS = 15
PANDAS = "import pandas; print(2+2)"
# Without the variable, numpy starts threads when it is imported, and such an interpreter cannot be copied.
PANDAS_MANIFEST = """\
name: python
aliases: [python3, py]
file: main.py
run: [/usr/bin/python3, "{file}"]
environment: {OPENBLAS_NUM_THREADS: 1}
starter: {interpreter: python, preload: [numpy, pandas]}
detect:
  program: /usr/bin/python3
  version: [/usr/bin/python3, --version]
  install: apt-get install python3
"""
# Until the first interpreter with its modules is up; the server tries again after 30 s.
PANDAS_PATIENCE = 45
COMPILED_ROUNDS = 5
source_numbers = itertools.count(time.time_ns())

GO = 'package main\n\nimport "fmt"\n\nfunc main() { fmt.Println(2 + 2) }\n'
RUST = 'fn main() { println!("{}", 2 + 2); }\n'


def measure_pandas(binary):
    """`import pandas` on a server whose Python has it imported already."""
    bare = ["/usr/bin/python3", "-c", PANDAS]
    peers.run_once(bare)
    with tempfile.TemporaryDirectory(prefix="outpost-bench-", dir="/var/tmp") as directory:
        (pathlib.Path(directory) / "python.yaml").write_text(PANDAS_MANIFEST)
        with server.Server(binary, settings={"languages_dir": directory}) as service:
            client = service.client()
            wait_for_preload(client, service)
            measured = samples.Samples()
            for _ in range(PANDAS_ROUNDS):
                measured.add("bare", peers.run_once(bare))
                reply = client.execute("python", PANDAS)
                latency.check_execution(reply)
                measured.add("execute", reply.milliseconds)
                # As long as the bare run takes: that is the pause which a client of one run after another would make.
                time.sleep(0.1)
            client.close()
    return measured.summaries()


def wait_for_preload(client, service):
    """Returns when a run finds its modules imported; raises when none does for a while."""
    deadline = time.monotonic() + PANDAS_PATIENCE
    code = "import sys; print('pandas' in sys.modules)"
    while client.execute("python", code).decoded()["stdout"] != "True\n":
        if time.monotonic() > deadline:
            raise RuntimeError(f"no run found it preloaded within {PANDAS_PATIENCE} s; the server wrote: "
                               + " ".join(service.log_end().splitlines()[-1:]))
        time.sleep(0.5)


class Compiled:
    """A compiled language: how it is built without a sandbox, from a source that no earlier build has seen."""

    def __init__(self, language, compiler, source, build):
        self.language = language
        self.compiler = compiler
        self.source = source
        self.build = build

    def absence(self):
        return None if os.access(self.compiler, os.X_OK) else f"{self.compiler} is not there"

    def new_source(self):
        return f"// {next(source_numbers)}\n{self.source}"

    def bare(self, directory):
        """Milliseconds to build and run; writing the source is not counted."""
        source, output = directory / f"main{'.go' if self.language == 'go' else '.rs'}", directory / "main"
        source.write_text(self.new_source())
        environment = {**peers.ENVIRONMENT, "HOME": str(directory)}
        started = time.perf_counter_ns()
        subprocess.run([*self.build, "-o", str(output), str(source)], cwd=directory, env=environment, check=True,
                       capture_output=True)
        peers.run_once([str(output)])
        return (time.perf_counter_ns() - started) / 1e6


# The compilers' options are those of the shipped manifests.
COMPILED = (Compiled("go", "/usr/bin/go", GO, ["/usr/bin/go", "build", "-p=4"]),
            Compiled("rust", "/usr/bin/rustc", RUST, ["/usr/bin/rustc", "--edition=2021", "-C", "opt-level=2", "-C", "strip=debuginfo"]))


def measure_compiled(service, compiled):
    """A source for the first time and again, and bare; `cached` counts the second runs that found their program."""
    measured, cached, client = samples.Samples(), 0, service.client()
    with tempfile.TemporaryDirectory(prefix="outpost-bench-", dir="/var/tmp") as directory:
        compiled.bare(pathlib.Path(directory))
        client.execute(compiled.language, compiled.new_source())
        for _ in range(COMPILED_ROUNDS):
            measured.add("bare", compiled.bare(pathlib.Path(directory)))
            source = compiled.new_source()
            for name in ("first", "again"):
                reply = client.execute(compiled.language, source)
                latency.check_execution(reply)
                measured.add(name, reply.milliseconds)
            cached += reply.decoded()["compile"]["cached"]
    client.close()
    return {**measured.summaries(), "cached": cached}


def ratio(measured, name):
    return statistics.median(measured[name]["samples"]) / measured["bare"]["p50"]
