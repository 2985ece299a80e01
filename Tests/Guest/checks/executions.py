# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Runs in ephemeral sandboxes, and what is left of them."""

import os
import signal
import threading

from checks.processes import FIRST_SANDBOX_UID, marker, processes_with, uids
from checks.rig import expect, expect_that, wait_until


def a_program_runs_and_its_output_comes_back(rig):
    execution = rig.server.execute("print(2+2)")
    expect(execution["status"], "succeeded", "status")
    expect(execution["stdout"], "4\n", "stdout")
    expect(execution["stderr"], "", "stderr")
    expect(execution["exit_code"], 0, "exit_code")
    expect_that(execution["memory_peak_bytes"] > 0, "memory_peak_bytes was not measured")
    expect_that(execution["cpu_time_ms"] > 0, "cpu_time_ms was not measured")


def an_exit_code_of_137_is_the_programs_own(rig):
    execution = rig.server.execute("raise SystemExit(137)")
    expect((execution["status"], execution["exit_code"], execution["signal"]), ("failed", 137, None), "the end")


def a_program_that_kills_itself_has_a_signal_and_no_exit_code(rig):
    execution = rig.server.execute("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    expect((execution["status"], execution["exit_code"], execution["signal"]), ("failed", None, "SIGKILL"), "the end")


def one_run_sees_no_file_of_another(rig):
    write = "import os\nfor path in '/tmp/left', 'left': open(path, 'w').close()"
    expect(rig.server.execute(write)["status"], "succeeded", "status of the first run")
    look = "import os; print([path for path in ('/tmp/left', 'left') if os.path.exists(path)])"
    expect(rig.server.execute(look)["stdout"], "[]\n", "what the second run finds")


def a_daemon_that_holds_stdout_does_not_delay_the_end_and_is_killed(rig):
    mark = marker()
    code = f"import subprocess; subprocess.Popen(['sleep', '{mark}'], start_new_session=True); print('done')"
    execution = rig.server.execute(code, timeout_secs=120)
    expect((execution["status"], execution["stdout"]), ("succeeded", "done\n"), "the end")
    wait_until(lambda: not processes_with(mark), lambda: "the daemon still runs")


def output_beyond_the_limit_is_counted_and_not_kept(rig):
    code = "import sys; sys.stdout.write('x' * 5_000_000)"
    execution = rig.server.execute(code, resource_limits={"max_output_bytes": 1000})
    expect(execution["status"], "succeeded", "status")
    expect(execution["stdout"], "x" * 1000, "stdout")
    expect(execution["stdout_bytes"], 5_000_000, "stdout_bytes")
    expect(execution["stdout_truncated"], True, "stdout_truncated")


def a_program_has_no_user_of_the_host(rig):
    mark = marker()
    code = f"import subprocess; subprocess.run(['sleep', '{mark}'])"
    call = threading.Thread(target=rig.server.request, args=(
        "POST", "/auth/v1/seed/default/sandbox/execute",
        {"language": "python", "code": code, "timeout_secs": 60}))
    call.start()
    try:
        wait_until(lambda: processes_with(mark), lambda: "the program did not start")
        found = uids(processes_with(mark)[0])
        expect_that(all(uid >= FIRST_SANDBOX_UID for uid in found), f"its user ids are {found}")
    finally:
        # Its time limit is only for one that nobody finds.
        for process in processes_with(mark):
            os.kill(process, signal.SIGKILL)
        call.join()


CHECKS = [
    a_program_runs_and_its_output_comes_back,
    an_exit_code_of_137_is_the_programs_own,
    a_program_that_kills_itself_has_a_signal_and_no_exit_code,
    one_run_sees_no_file_of_another,
    a_daemon_that_holds_stdout_does_not_delay_the_end_and_is_killed,
    output_beyond_the_limit_is_counted_and_not_kept,
    a_program_has_no_user_of_the_host,
]
