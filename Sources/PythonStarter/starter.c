// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
//
// The part of a Python interpreter that waits: an extension module with one function, which forks the interpreter into
// a sandbox for each message and returns in the child only.
#include "outpost.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// What is used of Python's C interface. It is declared here, because it is part of the stable ABI (PEP 384) and the
// headers are not part of Python's package.
typedef struct {
    ssize_t references;
    void *type;
} object;

typedef struct {
    const char *name;
    object *(*function)(object *self, object *arguments);
    int flags;
    const char *text;
} method;

typedef struct {
    object head;
    object *(*initialize)(void);
    ssize_t index;
    object *copy;
    const char *name;
    const char *text;
    ssize_t size;
    method *methods;
    void *slots, *traverse, *clear, *free;
} definition;

enum { METHOD_WITH_SEVERAL = 1, METHOD_WITHOUT_ARGUMENTS = 4, METHOD_WITH_ONE = 8, ABI_VERSION = 3 };

extern object _Py_NoneStruct;
extern void Py_IncRef(object *value);
extern int PyUnicode_CompareWithASCIIString(object *text, const char *other);
extern object *PyObject_GetAttrString(object *value, const char *name);
extern int PyObject_SetAttrString(object *value, const char *name, object *attribute);
extern object *PyObject_CallFunctionObjArgs(object *callable, ...);
extern object *PyCFunction_NewEx(method *method, object *self, object *module);
extern void Py_DecRef(object *value);
extern object *PyTuple_GetItem(object *tuple, ssize_t position);
extern void PyObject_GC_Track(void *value);
extern void PyObject_GC_UnTrack(void *value);
extern object *PyModule_Create2(definition *definition, int version);
extern void PyOS_BeforeFork(void);
extern void PyOS_AfterFork_Parent(void);
extern void PyOS_AfterFork_Child(void);

// READY is a template's own, EVENTS its copies' (SandboxLayout.agentEvents).
enum { CONTROL = 3, READY = 4, EVENTS = 4, FIRST_RECEIVED = 100, PROGRAMS = 3 };

// Where among the received ones a failed step is reported (SpawnerHost.Given).
enum { FAILURES = 4 };

// One message of the spawner's: three programs of steps, with offsets in place of pointers.
static union {
    struct {
        uint32_t counts[PROGRAMS];
        uint32_t size;
        struct outpost_op ops[];
    } head;
    char bytes[131072];
} message;

static const void *at(const void *offset) { return offset == NULL ? NULL : message.bytes + (uintptr_t)offset; }

static char *const *list_at(char *const *offset) {
    char **list = (char **)(uintptr_t)at(offset);
    for (char **item = list; item != NULL && *item != NULL; item++) {
        *item = (char *)(uintptr_t)at(*item);
    }
    return list;
}

static void relocate(void) {
    size_t count = 0;
    for (int i = 0; i < PROGRAMS; i++) {
        count += message.head.counts[i];
    }
    for (size_t i = 0; i < count; i++) {
        struct outpost_op *op = &message.head.ops[i];
        op->a = at(op->a);
        op->b = at(op->b);
        op->c = at(op->c);
        op->data = at(op->data);
        op->argv = list_at(op->argv);
        op->envp = list_at(op->envp);
    }
}

// What the interpreter itself has open, below FIRST_RECEIVED: it is in the middle of reading its own configuration.
static unsigned char is_own[FIRST_RECEIVED];

static void find_own_descriptors(void) {
    for (int fd = 0; fd < FIRST_RECEIVED; fd++) {
        is_own[fd] = fcntl(fd, F_GETFD) >= 0;
    }
}

// What came while the sandbox was built, its mounts above all, must not reach a program. The numbers from FIRST_RECEIVED
// on are closed by the program of steps, which still needs them.
static void close_others(void) {
    for (int fd = 0; fd < FIRST_RECEIVED; fd++) {
        if (!is_own[fd]) {
            close(fd);
        }
    }
}

// Runs one of the programs; a failure ends the process after it was told.
static void run(const struct outpost_op *ops, size_t count, int failures) {
    struct outpost_failure failure;
    outpost_run(ops, count, &failure);
    if ((size_t)failure.op == count) {
        return;
    }
    _exit(write(failures, &failure, sizeof failure) == sizeof failure ? 127 : 126);
}

// Says something to the host: a frame of docs/agent-protocol.md. Less than PIPE_BUF: whole or not at all (pipe(7)). Nobody is
// left to be told that it failed.
static void say(const unsigned char *frame, size_t size) {
    if (write(EVENTS, frame, size) != (ssize_t)size) {
        _exit(126);
    }
}

// Says how the sandbox's one program, the process 1, ended: exited, or signalled.
static void tell(int status) {
    const int killed = WIFSIGNALED(status), number = killed ? WTERMSIG(status) : WEXITSTATUS(status);
    const unsigned char frame[] = {4, 0, 0, 0, killed ? 35 : 34, 1, 0, 0, 0, (unsigned char)number, 0, 0, 0};
    say(frame, sizeof frame);
}

// The first process of a sandbox with one program: reaps until nothing is left, and then only holds the sandbox up. It
// reads nothing that anybody sends.
static _Noreturn void reap(pid_t program) {
    char byte;
    // Version 2, and no features.
    say((const unsigned char[]){6, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0}, 15);
    prctl(PR_SET_NAME, "outpost-reaper", 0, 0, 0);
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, 0);
        if (pid == program) {
            tell(status);
        } else if (pid < 0 && errno != EINTR) {
            break;
        }
    }
    ssize_t got;
    do {
        got = read(CONTROL, &byte, 1);
    } while (got > 0 || (got < 0 && (errno == EINTR || errno == ECONNRESET)));
    _exit(0);
}

// The first process of a sandbox: builds it, forks the interpreter, and gives up all that it is allowed to.
static void build(const int *fds, size_t fd_count) {
    for (size_t i = 0; i < fd_count; i++) {
        if (dup2(fds[i], FIRST_RECEIVED + (int)i) < 0) {
            _exit(126);
        }
        close(fds[i]);
    }
    const int failures = FIRST_RECEIVED + FAILURES;
    const struct outpost_op *ops = message.head.ops;
    relocate();
    run(ops, message.head.counts[0], failures);
    ops += message.head.counts[0];
    // Python's own handlers stay, but not this; without the flag that signal(3) leaves behind.
    const struct sigaction standard = {.sa_handler = SIG_DFL};
    sigaction(SIGCHLD, &standard, NULL);
    pid_t child = fork();
    if (child < 0) {
        _exit(126);
    }
    if (child == 0) {
        close_others();
        run(ops, message.head.counts[1], failures);
        return;
    }
    ops += message.head.counts[1];
    outpost_reset_signals();
    run(ops, message.head.counts[2], failures);
    reap(child);
}

// The memory that this interpreter has written to, which its copies will write to as well.
static struct {
    uintptr_t start, size;
} written[1024];
static size_t written_count;

static void note_written(uintptr_t start, uintptr_t end, int pagemap) {
    static uint64_t pages[4096];
    const uintptr_t page = 4096;
    while (start < end && written_count < sizeof written / sizeof *written) {
        size_t wanted = (end - start) / page < 4096 ? (end - start) / page : 4096;
        ssize_t got = pread(pagemap, pages, wanted * sizeof *pages, (off_t)(start / page * sizeof *pages));
        if (got <= 0) {
            return;
        }
        size_t count = (size_t)got / sizeof *pages;
        for (size_t i = 0; i < count; i++, start += page) {
            // Bit 63: present; bit 61: of a file, or shared (Documentation/admin-guide/mm/pagemap.rst).
            if ((pages[i] >> 61 & 5) != 4) {
                continue;
            }
            if (written_count > 0 && written[written_count - 1].start + written[written_count - 1].size == start) {
                written[written_count - 1].size += page;
            } else if (written_count < sizeof written / sizeof *written) {
                written[written_count].start = start;
                written[written_count++].size = page;
            }
        }
    }
}

// What cannot be found out is copied when it is written to.
static void find_written(void) {
    static char maps[65536];
    size_t size = 0;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    for (ssize_t got; fd >= 0 && (got = read(fd, maps + size, sizeof maps - 1 - size)) > 0;) {
        size += (size_t)got;
    }
    for (char *line = maps; pagemap >= 0 && *line != 0;) {
        char *rest;
        uintptr_t start = strtoul(line, &rest, 16);
        uintptr_t end = strtoul(rest + 1, &rest, 16);
        if (strncmp(rest, " rw-p", 5) == 0) {
            note_written(start, end, pagemap);
        }
        char *next = strchr(rest, '\n');
        line = next == NULL ? maps + size : next + 1;
    }
    close(fd);
    close(pagemap);
}

// Copies what will be written to, while the interpreter waits and nobody waits for it (MADV_POPULATE_WRITE, Linux 5.14;
// without it the pages are copied one by one when they are written to).
static void own_memory(void) {
    for (size_t i = 0; i < written_count; i++) {
        madvise((void *)written[i].start, written[i].size, MADV_POPULATE_WRITE);
    }
}

// True in the interpreter of the sandbox.
static int fork_sandbox(const int *fds, size_t fd_count) {
    int pidfd = -1;
    struct clone_args arguments;
    memset(&arguments, 0, sizeof arguments);
    arguments.flags = OUTPOST_CLONE_SANDBOX | CLONE_PIDFD;
    arguments.pidfd = (uint64_t)(uintptr_t)&pidfd;
    arguments.exit_signal = SIGCHLD;
    PyOS_BeforeFork();
    long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid == 0) {
        build(fds, fd_count);
        PyOS_AfterFork_Child();
        own_memory();
        return 1;
    }
    int32_t result = pid < 0 ? -errno : 0;
    PyOS_AfterFork_Parent();
    outpost_send(CONTROL, &result, sizeof result, &pidfd, pid < 0 ? 0 : 1, 0);
    if (pidfd >= 0) {
        close(pidfd);
    }
    return 0;
}

static object *none(void) {
    Py_IncRef(&_Py_NoneStruct);
    return &_Py_NoneStruct;
}

static object *serve(object *self, object *ignored) {
    (void)self, (void)ignored;
    // The kernel reaps: whoever asked for a sandbox watches its pidfd.
    signal(SIGCHLD, SIG_IGN);
    find_written();
    if (write(READY, "", 1) != 1 || close(READY) != 0) {
        _exit(1);
    }
    find_own_descriptors();
    for (;;) {
        int fds[OUTPOST_FDS_MAX];
        size_t count = OUTPOST_FDS_MAX;
        ssize_t size = outpost_receive(CONTROL, message.bytes, sizeof message.bytes, fds, &count, 0);
        if (size == -EINTR) {
            continue;
        }
        if (size <= 0) {
            _exit(size == 0 ? 0 : 1);
        }
        if (fork_sandbox(fds, count)) {
            return none();
        }
        for (size_t i = 0; i < count; i++) {
            close(fds[i]);
        }
    }
}

// Has the collector look at a container again that was frozen.
static object *thaw(object *self, object *value) {
    (void)self;
    PyObject_GC_UnTrack(value);
    PyObject_GC_Track(value);
    return none();
}

// Keeps an object for ever.
static object *keep(object *self, object *value) {
    (void)self;
    Py_IncRef(value);
    return none();
}

// The interpreter's own way to make a module that is built in, and what is called before it makes `gc`.
static object *maker, *unfreeze;

static object *create_builtin(object *module, object *spec) {
    object *name = PyObject_GetAttrString(spec, "name");
    if (name == NULL) {
        return NULL;
    }
    if (PyUnicode_CompareWithASCIIString(name, "gc") == 0) {
        Py_DecRef(PyObject_CallFunctionObjArgs(unfreeze, NULL));
        PyObject_SetAttrString(module, "create_builtin", maker);
    }
    Py_DecRef(name);
    return PyObject_CallFunctionObjArgs(maker, spec, NULL);
}

static method watched = {"create_builtin", create_builtin, METHOD_WITH_ONE, NULL};

// A program that imports `gc` sees the collector as if nothing had been frozen. Takes the modules `_imp` and `gc`.
static object *watch(object *self, object *arguments) {
    (void)self;
    object *imp = PyTuple_GetItem(arguments, 0);
    object *name = PyObject_GetAttrString(imp, "__name__");
    maker = PyObject_GetAttrString(imp, "create_builtin");
    unfreeze = PyObject_GetAttrString(PyTuple_GetItem(arguments, 1), "unfreeze");
    object *watcher = PyCFunction_NewEx(&watched, imp, name);
    PyObject_SetAttrString(imp, "create_builtin", watcher);
    Py_DecRef(watcher);
    Py_DecRef(name);
    return none();
}

static method methods[] = {
    {"serve", serve, METHOD_WITHOUT_ARGUMENTS, NULL},
    {"thaw", thaw, METHOD_WITH_ONE, NULL},
    {"keep", keep, METHOD_WITH_ONE, NULL},
    {"watch", watch, METHOD_WITH_SEVERAL, NULL},
    {NULL, NULL, 0, NULL},
};

static definition module = {
    .head = {1, NULL}, .name = "_outpost_fork", .size = -1, .methods = methods,
};

__attribute__((visibility("default"))) object *PyInit__outpost_fork(void);
object *PyInit__outpost_fork(void) { return PyModule_Create2(&module, ABI_VERSION); }
