# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""Group W: locks of the kernel for which hundreds of a tenant's threads queue, and each start too."""

import base64
import os
import subprocess
import tempfile

from hostile.case import NotHere, case, expect
from hostile.scratch_server import scratch_server
from hostile.tenants import Attack, neighbour, tenant

SECONDS = 10
# Each thread asks again and again. The lock is the kernel's only one of its kind: for all mounts, or for all networks.
SOURCE = """
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void *mounts(void *path) {
    char text[4096];
    for (;;) {
        int file = open(path, O_RDONLY);
        while (read(file, text, sizeof text) > 0) {}
        close(file);
    }
}

static void *networks(void *type) {
    char text[65536];
    int netlink = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
    struct { struct nlmsghdr head; struct ifinfomsg body; } request = {
        {sizeof request, (long)type, NLM_F_REQUEST | NLM_F_DUMP, 1, 0}, {0}};
    for (;;) {
        send(netlink, &request, sizeof request, 0);
        recv(netlink, text, sizeof text, 0);
    }
}

int main(int count, char **words) {
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 131072);
    for (int number = 0; number < atoi(words[1]); number++) {
        pthread_t thread;
        char *what = words[2 + number % (count - 2)];
        if (*what == '/') { pthread_create(&thread, &small, mounts, what); }
        else { pthread_create(&thread, &small, networks, (void *)atol(what)); }
    }
    pause();
}
"""
# RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE and RTM_GETRULE of linux/rtnetlink.h.
LINKS, OTHERS = "18", ("22", "26", "34")


def built() -> str:
    if not os.path.exists("/usr/bin/gcc"):
        raise NotHere("this host has no gcc")
    with tempfile.TemporaryDirectory() as folder:
        source, binary = f"{folder}/crowd.c", f"{folder}/crowd"
        with open(source, "w", encoding="ascii") as file:
            file.write(SOURCE)
        subprocess.run(["/usr/bin/gcc", "-O1", "-static", "-pthread", "-o", binary, source], check=True, timeout=120)
        with open(binary, "rb") as file:
            return base64.b64encode(file.read()).decode()


def crowd(bench, runs: int, threads: int, *what: str) -> str:
    """Has runs of a tenant crowd locks beside a neighbour, and returns what the neighbour saw."""
    files = [{"path": "crowd", "content_base64": built(), "mode": "0755"}]
    with scratch_server(bench.server.program) as server:
        with tenant(server, "crowd") as greedy, neighbour(server) as watched, Attack() as attack:
            command = f"./crowd {threads} {' '.join(what)}"
            attack.start(runs, lambda _: greedy.execute("bash", command, files=files, timeout_secs=SECONDS,
                                                        resource_limits={"max_processes": threads + 8}))
            watched.wait(SECONDS)
        ends = {answer.get("status") if status == 200 else status for status, answer in attack.answers}
        expect(ends == {"timed_out"}, f"the attack: {ends}")
        return f"neighbour {watched.verdict()}"


@case("W10", "ask netlink for the links with 360 threads of three runs: each start needs that lock several times",
      "the runs are frozen after the first moments; another's run is served", quick=True, has_neighbour=True)
def links(bench):
    return crowd(bench, 3, 120, LINKS)


@case("W11", "read /proc/self/mountinfo with 360 threads of three runs: each mount of a start needs that lock",
      "the runs are frozen after the first moments; another's run is served", has_neighbour=True)
def mounts(bench):
    return crowd(bench, 3, 120, "/proc/self/mountinfo")


@case("W12", "the same with 1,000 threads of one run, by all of these files and questions in turn",
      "the run is frozen after the first moments; another's run is served", has_neighbour=True)
def everything(bench):
    return crowd(bench, 1, 1000, "/proc/self/mountinfo", "/proc/self/mounts", "/proc/self/mountstats", LINKS, *OTHERS)


@case("W13", "the same with 15 runs of 16 threads, each too small to be a crowd", "another's run is served", has_neighbour=True)
def small_crowds(bench):
    return crowd(bench, 15, 16, LINKS, "/proc/self/mountinfo")
