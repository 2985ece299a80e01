// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
//
// The part in C of a warm interpreter: it runs packed steps of the host and reports the result.
#include "outpost.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// Sends a frame of docs/agent-protocol.md to the host. It is shorter than PIPE_BUF, so the write is atomic (pipe(7)).
// Nothing can be done about a failure.
static void say(int fd, unsigned char type, uint32_t subject, uint32_t length, uint32_t first, uint32_t second) {
    const struct __attribute__((packed)) {
        uint32_t length;
        unsigned char type;
        uint32_t subject, payload[2];
    } frame = {length, type, subject, {first, second}};
    const size_t size = sizeof frame - sizeof frame.payload + length;
    if (write(fd, &frame, size) != (ssize_t)size) {
        _exit(126);
    }
}

// Two bytes of version, and four bytes of features, which are 0.
void outpost_say_hello(int fd) { say(fd, 1, 0, 6, 2, 0); }

void outpost_say_end(int fd, int status) {
    const int is_killed = WIFSIGNALED(status), number = is_killed ? WTERMSIG(status) : WEXITSTATUS(status);
    say(fd, is_killed ? 35 : 34, 1, 4, (uint32_t)number, 0);
}

void outpost_say_refused(int fd, uint32_t step, int32_t error) { say(fd, 39, 0, 8, step, (uint32_t)error); }

static const void *at(const char *message, const void *offset) {
    return offset == NULL ? NULL : message + (uintptr_t)offset;
}

static char *const *list_at(const char *message, char *const *offset) {
    char **list = (char **)(uintptr_t)at(message, offset);
    for (char **item = list; item != NULL && *item != NULL; item++) {
        *item = (char *)(uintptr_t)at(message, *item);
    }
    return list;
}

const struct outpost_op *outpost_unpack(void *message, size_t programs) {
    const uint32_t *counts = message;
    struct outpost_op *ops = (void *)((char *)message + (programs + 1) * sizeof *counts), *op = ops;
    for (size_t program = 0; program < programs; program++) {
        for (struct outpost_op *end = op + counts[program]; op < end; op++) {
            op->a = at(message, op->a);
            op->b = at(message, op->b);
            op->c = at(message, op->c);
            op->data = at(message, op->data);
            op->argv = list_at(message, op->argv);
            op->envp = list_at(message, op->envp);
        }
    }
    return ops;
}

void outpost_prepare(const void *steps, size_t size, int answers) {
    struct outpost_failure failure = {0, ENOMEM};
    uint32_t count;
    memcpy(&count, steps, sizeof count);
    // The copy is writable and aligned, as the pointers need.
    void *message = malloc(size);
    if (message != NULL) {
        outpost_run(outpost_unpack(memcpy(message, steps, size), 1), count, &failure);
    }
    free(message);
    if ((uint32_t)failure.op != count) {
        outpost_say_refused(answers, (uint32_t)failure.op, failure.error);
        _exit(127);
    }
}
