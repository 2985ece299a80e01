# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group S: a process that no signal ends, since it waits in the kernel for a disk."""

import contextlib
import fcntl
import glob
import os
import subprocess
import tempfile

from hostile.bench import BASE, ended, out
from hostile.case import HANG_SECONDS, case, expect
from hostile.host import Background, in_runs, lines, wait_for
from hostile.scratch_server import scratch_server

# FIFREEZE and FITHAW of linux/fs.h.
FREEZE, THAW = 0xC0045877, 0xC0045878
BURNT_SECONDS = 0.3
WRITES = f"""
import time
while time.process_time() < {BURNT_SECONDS}: pass
print('burnt', flush=True)
while True: open('file', 'w').write('x' * 5000)
"""


@contextlib.contextmanager
def standing_still(sandbox: str):
    """Has nobody write to a sandbox's disk: who tries waits in state D until the block is over."""
    device = next("/dev/" + path.split("/")[3] for path in glob.glob("/sys/block/loop*/loop/backing_file")
                  if sandbox in "".join(lines(path)))
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(["mount", device, place], check=True, timeout=HANG_SECONDS)
        directory = os.open(place, os.O_RDONLY)
        try:
            fcntl.ioctl(directory, FREEZE, 0)
            try:
                yield
            finally:
                fcntl.ioctl(directory, THAW, 0)
        finally:
            os.close(directory)
            subprocess.run(["umount", place], check=True, timeout=HANG_SECONDS)


def waits_for_disk(pid: int) -> bool:
    return "State:\tD (disk sleep)" in lines(f"/proc/{pid}/status")


@case("S21", "the disk of a sandbox stops during a run, whose time then ends",
      "the answer has its usage, and says that something of it is left; 503 until that is gone; others get answers")
def held_by_disk(bench):
    with scratch_server(bench.server.program) as server:
        sandbox = server.create(mode="stateful", resource_limits={"disk_mb": 32})["id"]
        path = f"{BASE}/{sandbox}/exec"
        ended(server.exec(sandbox, "open('kept', 'w').write('kept')"), "succeeded")
        run = Background(server.request, "POST", path, {"code": WRITES, "timeout_secs": 10})
        wait_for(lambda: in_runs(server), "nothing runs")
        with standing_still(sandbox):
            wait_for(lambda: any(waits_for_disk(pid) for pid in in_runs(server)), "nobody waits for the disk")
            status, answer = run.result()
            expect(status == 200 and ended(answer, "timed_out") and out(answer) == "burnt\n", answer)
            expect("has not ended yet" in answer["message"], answer["message"])
            used = answer["cpu_time_ms"]
            expect(used >= 1000 * BURNT_SECONDS and answer["memory_peak_bytes"] > 1 << 20, answer)
            expect(server.request("POST", path, {"code": "print(1)"})[0] == 503, "it is used beside its leftover")
            ended(server.execute("print(1)"), "succeeded")
        wait_for(lambda: server.request("POST", path, {"code": "print(1)"})[0] == 200, "it stays given up")
        expect(out(server.exec(sandbox, "print(open('kept').read())")) == "kept\n", "a file is lost")
    return f"timed_out, with {used:.0f} ms of processor and a message; 503 until the disk went on, then as before"
