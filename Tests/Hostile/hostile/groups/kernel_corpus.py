# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group K: ordinary programs, which must notice nothing. Each of `corpus/` runs inside and on the bare host."""

import os
import shutil
import signal
import subprocess
import tempfile

from hostile.bench import errors, out
from hostile.case import HANG_SECONDS, Failure, NotHere, case, expect
from hostile.probe import PROGRAMS

CORPUS = os.path.join(PROGRAMS, "..", "corpus")

# By ending: the language of the API, or the shell's command where it has none; and the shell's command on the host.
# Both sides use the toolchain below /usr, so that a difference is the sandbox's.
LANGUAGES = {
    ".py": ("python", "/usr/bin/python3 {file}"),
    ".mjs": ("node", "/usr/bin/node {file}"),
    ".sh": ("bash", "/usr/bin/bash {file}"),
    ".go": ("go", "/usr/bin/go build -o program {file} && ./program"),
    ".rs": ("rust", "/usr/bin/rustc --edition=2021 -o program {file} && ./program"),
    ".c": (None, "/usr/bin/gcc -O1 -o program {file} && ./program"),
    ".java": (None, "/usr/bin/java {file}"),
}


def read(name: str) -> str:
    with open(os.path.join(CORPUS, name), encoding="utf-8") as file:
        return file.read()


def bare(name: str, command: str):
    """Output and exit code on the host, in a directory that is removed afterwards."""
    folder = tempfile.mkdtemp(prefix="outpost-corpus-", dir="/var/tmp")
    try:
        shutil.copy(os.path.join(CORPUS, name), folder)
        environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8"}
        # In a session of its own, so that a program that hangs is ended with all that it started.
        with subprocess.Popen(command.format(file=name), shell=True, cwd=folder, env=environment, text=True,
                              start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            try:
                stdout, stderr = process.communicate(timeout=HANG_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                raise Failure(f"{name} does not end on the host") from None
    finally:
        shutil.rmtree(folder)
    return stdout, process.returncode, stderr


def sandboxed(bench, name: str, language, command: str):
    """Output and exit code inside."""
    limits = {"memory_mb": 1024, "timeout_ms": 60_000}
    if language:
        result = bench.execute(language, read(name), resource_limits=limits)
    else:
        result = bench.bash(command.format(file=name), files=[{"path": name, "content": read(name)}],
                            resource_limits=limits)
    compiled = result["compile"] or {"stderr": ""}
    return out(result), result["exit_code"], f"{result['status']} {compiled['stderr']}{errors(result)}"


@case("K25", "ordinary programs in Python, Node, Go, Rust, Java, C and shell: threads, processes, sockets, asyncio, "
      "multiprocessing, SQLite", "the same output as without a sandbox")
def corpus(bench):
    passed, absent, different = [], [], []
    for name in sorted(os.listdir(CORPUS)):
        language, command = LANGUAGES[os.path.splitext(name)[1]]
        if not os.path.exists(command.split()[0]):
            absent.append(name)
            continue
        expected = bare(name, command)
        expect(expected[1] == 0, f"{name} does not even run on the host: {expected[2][-300:]}")
        seen = sandboxed(bench, name, language, command)
        if seen[:2] == expected[:2]:
            passed.append(name)
        else:
            different.append(f"{name} exits with {seen[1]}, says {seen[0][-200:]!r} and {seen[2][-200:]!r}, "
                             f"on the host {expected[1]} and {expected[0][-200:]!r}")
    expect(not different, "; ".join(different))
    if not passed:
        raise NotHere("no language is installed below /usr/bin")
    return f"{len(passed)} programs as on the bare host" + (f"; not installed: {', '.join(absent)}" if absent else "")
