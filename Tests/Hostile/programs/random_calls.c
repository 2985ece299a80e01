// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
/* random_calls SEED SECONDS: many processes make system calls 0 to 1000 with arguments at random; prints how many. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WORKERS = 24, CALLS_OF_A_WORKER = 20000, CALLS_BETWEEN_REPAIRS = 32 };

static uint64_t state;
static volatile uint64_t *calls;
static char *buffer;

static uint64_t next(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* What ends or doubles its caller by design says nothing, nor does a signal to all; sync is the whole host's. */
static int is_left_out(long number) {
    switch (number) {
    case SYS_exit: case SYS_exit_group: case SYS_fork: case SYS_vfork: case SYS_clone: case SYS_rt_sigreturn:
    case SYS_kill: case SYS_sync: case SYS_syncfs:
        return 1;
    default:
        return 0;
    }
}

static long argument(void) {
    static const char *const paths[] = {"/tmp/a", "/proc/self/mem", ".", "/dev/null", "/proc/self/fd/1", "/", "",
                                        "/dev/shm/b"};
    switch (next() % 10) {
    case 0: return 0;
    case 1: return -1;
    case 2: return (long)(next() % 64);
    case 3: return (long)(1UL << next() % 64);
    case 4: return (long)next();
    case 5: return (long)(uint32_t)next();
    case 6: return (long)paths[next() % 8];
    case 7: return (long)(next() & 0x7fffffffffff);
    default: return (long)(buffer + next() % 32768);
    }
}

static void ignore(int signal) { (void)signal; }

/* A call may have blocked the alarm or taken its handler; without it a call that waits would wait for ever. */
static void repair(void) {
    struct sigaction action = {.sa_handler = ignore};
    struct itimerval every = {{0, 2000}, {0, 2000}};
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
    for (int i = 0; i < 8; i++) ((uint64_t *)buffer)[next() % 4096] = next() >> next() % 64;
}

static void work(void) {
    for (int i = 0; i < CALLS_OF_A_WORKER; i++) {
        if (i % CALLS_BETWEEN_REPAIRS == 0) repair();
        long number = (long)(next() % 1001);
        if (is_left_out(number)) continue;
        syscall(number, argument(), argument(), argument(), argument(), argument(), argument());
        __atomic_add_fetch(calls, 1, __ATOMIC_RELAXED);
    }
    _exit(0);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    state = 88172645463325252UL + strtoul(arguments[1], NULL, 10) * 2654435761UL;
    double end = now() + strtod(arguments[2], NULL), tell = now() + 1;
    calls = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    /* Single signals still find their way here. */
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    struct { pid_t pid; double started; } workers[WORKERS] = {{0, 0}};
    while (now() < end) {
        for (int i = 0; i < WORKERS; i++) {
            if (workers[i].pid > 0) {
                if (now() - workers[i].started > 2) kill(workers[i].pid, SIGKILL);
                if (waitpid(workers[i].pid, NULL, WNOHANG) == 0) continue;
            }
            uint64_t seed = next() | 1;
            workers[i].started = now();
            workers[i].pid = fork();
            if (workers[i].pid == 0) {
                state = seed;
                buffer = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                work();
            }
        }
        if (now() > tell) {
            tell += 1;
            dprintf(1, "\ncalls %lu\n", (unsigned long)*calls);
        }
        usleep(2000);
    }
    dprintf(1, "\ncalls %lu\n", (unsigned long)*calls);
    return 0;
}
