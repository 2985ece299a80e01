# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Cases of a wall clock that is set while the server runs.

The host's clock stays as it is: a small library, preloaded into a server of the case's own, adds the number of seconds
that it finds in a file."""

import contextlib
import http.client
import os
import shutil
import subprocess
import tempfile

from hostile.bench import BASE, Stopwatch, held
from hostile.case import HANG_SECONDS, NotHere, case, expect
from hostile.host import Background, in_runs, wait_for
from hostile.scratch_server import scratch_server

SHIFT = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static volatile long long *shift;

__attribute__((constructor)) static void begin(void) {
    int file = open(getenv("CLOCK_SHIFT"), O_RDONLY | O_CLOEXEC);
    void *map = mmap(0, 8, PROT_READ, MAP_SHARED, file, 0);
    close(file);
    if (map != MAP_FAILED) shift = map;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*next)(clockid_t, struct timespec *);
    if (!next) next = dlsym(RTLD_NEXT, "clock_gettime");
    int result = next(clock, time);
    if (result == 0 && shift && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += *shift;
    return result;
}

int gettimeofday(struct timeval *time, void *zone) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *result) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (result) *result = now.tv_sec;
    return now.tv_sec;
}
"""

HOUR, DAY = 3600, 86_400


@contextlib.contextmanager
def server_with_clock(bench):
    """Gives a server, and a function that sets its wall clock so many seconds off."""
    if not os.path.exists("/usr/bin/gcc"):
        raise NotHere("there is no C compiler on this host")
    directory = tempfile.mkdtemp(prefix="outpost-clock-")
    source, library, shift = (os.path.join(directory, name) for name in ("shift.c", "shift.so", "shift"))
    try:
        with open(source, "w", encoding="ascii") as file:
            file.write(SHIFT)
        subprocess.run(["/usr/bin/gcc", "-shared", "-fPIC", "-O1", "-o", library, source], check=True, timeout=60)

        def set_clock(seconds: int) -> None:
            # In place: the server has the file mapped.
            with open(os.open(shift, os.O_WRONLY | os.O_CREAT), "wb") as file:
                file.write(seconds.to_bytes(8, "little", signed=True))

        set_clock(0)
        with scratch_server(bench.server.program, {"LD_PRELOAD": library, "CLOCK_SHIFT": shift}) as server:
            check_that_it_works(server, set_clock)
            yield server, set_clock
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def check_that_it_works(server, set_clock) -> None:
    """A case whose clock did not move would prove nothing."""
    days = []
    for seconds in (2 * DAY, 0):
        set_clock(seconds)
        days.append(server.execute("pass")["started_at"][:10])
    expect(days[0] > days[1], f"the clock did not move: {days}")


def spin_past(server, set_clock, seconds: int) -> None:
    """The time limit of a run during which the clock is set."""
    while True:
        watch = Stopwatch()
        run = Background(server.execute, "import time\nwhile True: time.time()", timeout_secs=1)
        wait_for(lambda run=run: in_runs(server) or run.is_over(), "the run did not start")
        set_clock(seconds)
        is_during = not run.is_over()
        result = run.result()
        watch.within(1)
        held(result, 1)
        if is_during:
            return
        # On a busy machine the run may be over by then, which proves nothing: the step is to come once more.
        set_clock(seconds + HOUR)


@case("C08", "the wall clock steps an hour forth and back while a program waits for it",
      "limits use the monotonic clock")
def clock_steps_an_hour(bench):
    with server_with_clock(bench) as (server, set_clock):
        for seconds in (HOUR, -HOUR, 0):
            spin_past(server, set_clock, seconds)
    return "a limit of 1 s is 1 s, three times"


@case("S09", "the wall clock steps a day forth and back",
      "limits hold, nothing expires early, tokens stay valid")
def clock_steps_a_day(bench):
    with server_with_clock(bench) as (server, set_clock):
        lasting = server.create(mode="stateful")["id"]
        week = server.create(mode="stateful", ttl_secs=7 * DAY)["id"]
        limited = server.call("POST", "/auth/v1/pat", {"name": "limited", "namespace": "default", "plan": "free"},
                              status=201)["token"]
        for seconds in (DAY, 0, -DAY, 0):
            spin_past(server, set_clock, seconds)
            for sandbox in (lasting, week):
                expect(server.call("GET", f"{BASE}/{sandbox}")["status"] == "ready", f"{sandbox} has expired")
            check_limited(server, limited)
        for sandbox in (lasting, week):
            server.call("DELETE", f"{BASE}/{sandbox}", status=204)
    return "four steps: limits of 1 s held, nothing expired, a token with a rate kept its rate"


def check_limited(server, token: str) -> None:
    """A credential with 60 calls a minute gets a call through, whatever window the clock was in before."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=HANG_SECONDS)
    try:
        connection.request("GET", BASE, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    expect(answer.status == 200, f"the limited token gets {answer.status}")
