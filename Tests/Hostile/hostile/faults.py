# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""A disk that fails, is slow, or loses its power, as the server's database sees it.

A small library, preloaded into a server of the case's own, stands between the database and the kernel. The host's disk
stays as it is.
"""

import contextlib
import glob
import mmap
import os
import shutil
import subprocess
import tempfile

from hostile.case import NotHere
from hostile.scratch_server import scratch_server

LIBRARY = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* errno for writes; tenths of a second for a sync; how often each was asked for */
static volatile unsigned char *state;
static const char *shadow;

__attribute__((constructor)) static void begin(void) {
    int file = open(getenv("FAULTS"), O_RDWR | O_CLOEXEC);
    void *map = mmap(0, 4, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (map != MAP_FAILED) state = map;
    shadow = getenv("FAULTS_SHADOW");
}

/* The name of the database's file, or nothing for any other. */
static int name_of(int file, char *path, size_t size) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, size - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return strstr(path, ".sqlite") != 0;
}

static int refused(int file) {
    char path[4096];
    if (!state || !name_of(file, path, sizeof path)) return 0;
    state[2]++;
    return state[0];
}

/* What would be on the disk now if the power failed: the files as they were when they were last synced. */
static void keep(int file, const char *path) {
    char copy[8192], draft[8300], data[65536];
    snprintf(copy, sizeof copy, "%s%s", shadow, strrchr(path, '/'));
    snprintf(draft, sizeof draft, "%s.%d.draft", copy, gettid());
    int to = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    off_t place = 0;
    for (ssize_t count; (count = pread(file, data, sizeof data, place)) > 0; place += count)
        if (write(to, data, count) != count) abort();
    close(to);
    /* Whole or not at all: the process may be killed here. */
    if (rename(draft, copy) != 0) abort();
}

static int synced(int file, int (*next)(int)) {
    char path[4096];
    if (!state || !name_of(file, path, sizeof path)) return next(file);
    state[3]++;
    struct timespec nap = {state[1] / 10, state[1] % 10 * 100000000};
    nanosleep(&nap, 0);
    int result = next(file);
    if (result == 0 && shadow) keep(file, path);
    return result;
}

ssize_t pwrite64(int file, const void *data, size_t count, off_t place) {
    ssize_t (*next)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite64");
    int error = refused(file);
    if (error) { errno = error; return -1; }
    return next(file, data, count, place);
}
ssize_t pwrite(int file, const void *data, size_t count, off_t place) { return pwrite64(file, data, count, place); }
/* SQLite syncs the directory as soon as a journal is gone, so it is gone from the disk too. */
int unlink(const char *path) {
    int (*next)(const char *) = dlsym(RTLD_NEXT, "unlink");
    const char *name = strrchr(path, '/');
    char copy[8192];
    if (shadow && name && strstr(name, ".sqlite")) {
        snprintf(copy, sizeof copy, "%s%s", shadow, name);
        next(copy);
    }
    return next(path);
}
int fsync(int file) { return synced(file, dlsym(RTLD_NEXT, "fsync")); }
int fdatasync(int file) { return synced(file, dlsym(RTLD_NEXT, "fdatasync")); }
"""


class Disk:
    """What the database's disk does from now on."""

    def __init__(self, directory: str):
        self.shadow = os.path.join(directory, "shadow")
        os.mkdir(self.shadow)
        path = os.path.join(directory, "state")
        with open(path, "wb") as file:
            file.write(bytes(4))
        with open(path, "r+b") as file:
            self.state = mmap.mmap(file.fileno(), 4)
        self.environment = {"FAULTS": path, "FAULTS_SHADOW": self.shadow}

    def fail(self, error: int) -> None:
        """Every write to the database ends with `error`; 0 for none."""
        self.state[0] = error

    def slow(self, seconds: float) -> None:
        """Every sync of the database takes as long."""
        self.state[1] = round(seconds * 10)

    def was_asked(self) -> bool:
        """Whether the database has written and synced through the library; it proves nothing otherwise."""
        return self.state[2] > 0 and self.state[3] > 0

    def lose_power(self, server) -> None:
        """Gives a server that was killed the database as its last syncs left it."""
        for path in glob.glob(os.path.join(server.data, "*.sqlite*")):
            os.unlink(path)
        for name in os.listdir(self.shadow):
            if not name.endswith(".draft"):
                shutil.copy(os.path.join(self.shadow, name), server.data)


@contextlib.contextmanager
def server_with_disk(bench):
    """Gives a server, and the `Disk` that its database is on."""
    if not os.path.exists("/usr/bin/gcc"):
        raise NotHere("there is no C compiler on this host")
    directory = tempfile.mkdtemp(prefix="outpost-faults-", dir="/var/tmp")
    source, library = (os.path.join(directory, name) for name in ("faults.c", "faults.so"))
    try:
        with open(source, "w", encoding="ascii") as file:
            file.write(LIBRARY)
        subprocess.run(["/usr/bin/gcc", "-shared", "-fPIC", "-O1", "-o", library, source], check=True, timeout=60)
        disk = Disk(directory)
        with scratch_server(bench.server.program, {"LD_PRELOAD": library, **disk.environment}) as server:
            yield server, disk
    finally:
        shutil.rmtree(directory, ignore_errors=True)
