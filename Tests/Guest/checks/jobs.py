# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""The queue, and programs with tests."""

from checks.rig import expect, expect_that, wait_until

BASE = "/auth/v1/seed/default/sandbox"


def a_job_runs_and_is_kept(rig):
    job = rig.server.call("POST", f"{BASE}/jobs", {"language": "python", "code": "print(6*7)"}, status=201)
    ended = rig.server.call("GET", f"{BASE}/jobs/{job['id']}?wait_secs=60")
    expect((ended["status"], ended["attempt"]), ("succeeded", 1), "the end")
    expect(ended["result"]["stdout"], "42\n", "stdout")
    expect(ended["sandbox_id"], job["sandbox_id"], "sandbox_id")


def a_running_job_is_cancelled(rig):
    body = {"language": "bash", "code": "echo begun; sleep 300"}
    job = rig.server.call("POST", f"{BASE}/jobs", body, status=201)
    path = f"{BASE}/jobs/{job['id']}"
    wait_until(lambda: rig.server.call("GET", f"{path}/logs")["stdout"] == "begun\n", lambda: "it has not begun")
    expect(rig.server.call("DELETE", path)["status"], "cancelled", "status")


def tests_have_verdicts(rig):
    code = "n = int(input())\nprint(bytearray(400 << 20) and n) if n > 9 else print(n * 2)"
    execution = rig.server.execute(code, resource_limits={"memory_mb": 128}, tests=[
        {"stdin": "4", "expected_stdout": "8"}, {"stdin": "5", "expected_stdout": "11"}, {"stdin": "10"}])
    verdicts = [test["verdict"] for test in execution["tests"]]
    expect(verdicts, ["accepted", "wrong_answer", "memory_limit_exceeded"], "verdicts")


def programs_start_in_copies_of_a_running_interpreter(rig):
    hits = 'outpost_pool_hits_total{waiting="interpreter"}'

    def count():
        text = rig.server.request("GET", "/metrics", is_raw=True)[1].decode()
        return sum(float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(hits))

    before = count()
    # The first of its kind may come before any interpreter waits.
    wait_until(lambda: rig.server.execute("print(1)")["stdout"] == "1\n" and count() > before,
               lambda: "no program has found an interpreter that waits")
    expect_that(count() > before, "no hit was counted")


CHECKS = (a_job_runs_and_is_kept, a_running_job_is_cancelled, tests_have_verdicts,
          programs_start_in_copies_of_a_running_interpreter)
