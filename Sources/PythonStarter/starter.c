// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
//
// The part in C of a zygote and of a warm Python interpreter: an extension module. In a zygote it forks the interpreter into
// a new sandbox for each message, and returns only in the child. It also runs the steps before a program.
#include "outpost.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// The used part of Python's C interface. It is declared here, because Python's package does not include the headers. All
// of it is in the stable ABI (PEP 384).
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

enum { METHOD_WITH_SEVERAL = 1, METHOD_WITH_ONE = 8, ABI_VERSION = 3 };

extern object _Py_NoneStruct;
extern void Py_IncRef(object *value);
extern int PyUnicode_CompareWithASCIIString(object *text, const char *other);
extern object *PyObject_GetAttrString(object *value, const char *name);
extern int PyObject_SetAttrString(object *value, const char *name, object *attribute);
extern object *PyObject_CallFunctionObjArgs(object *callable, ...);
extern object *PyCFunction_NewEx(method *method, object *self, object *module);
extern void Py_DecRef(object *value);
extern char *PyBytes_AsString(object *bytes);
extern ssize_t PyBytes_Size(object *bytes);
extern long PyLong_AsLong(object *number);
extern object *PyTuple_GetItem(object *tuple, ssize_t position);
extern void PyObject_GC_Track(void *value);
extern void PyObject_GC_UnTrack(void *value);
extern object *PyModule_Create2(definition *definition, int version);
extern void PyOS_BeforeFork(void);
extern void PyOS_AfterFork_Parent(void);
extern void PyOS_AfterFork_Child(void);

// READY is the zygote's descriptor; EVENTS is the one of its forks (SandboxLayout.agentEvents).
enum { CONTROL = 3, READY = 4, EVENTS = 4, FIRST_RECEIVED = 100, PROGRAMS = 3 };

// The position of the failure pipe among the received descriptors (SpawnerHost.Given).
enum { FAILURES = 4 };

// One message of the spawner: three lists of steps.
static union {
    uint32_t counts[PROGRAMS];
    struct outpost_op aligned;
    char bytes[131072];
} message;

// The descriptors below FIRST_RECEIVED that the interpreter itself has open. It is just reading its configuration files.
static unsigned char is_own[FIRST_RECEIVED];

static void find_own_descriptors(void) {
    for (int fd = 0; fd < FIRST_RECEIVED; fd++) {
        is_own[fd] = fcntl(fd, F_GETFD) >= 0;
    }
}

// Closes the other descriptors below FIRST_RECEIVED, mostly mounts that came during the build. No program must get them.
// The steps still need the descriptors from FIRST_RECEIVED on, and close them later.
static void close_others(void) {
    for (int fd = 0; fd < FIRST_RECEIVED; fd++) {
        if (!is_own[fd]) {
            close(fd);
        }
    }
}

// Runs one list of steps. After a failure it reports the step and ends the process.
static void run(const struct outpost_op *ops, size_t count, int failures) {
    struct outpost_failure failure;
    outpost_run(ops, count, &failure);
    if ((size_t)failure.op == count) {
        return;
    }
    _exit(write(failures, &failure, sizeof failure) == sizeof failure ? 127 : 126);
}

// The first process of a sandbox with one program. It reaps until no process is left, and then only keeps the sandbox
// alive. It reads no input.
static _Noreturn void reap(pid_t program) {
    char byte;
    outpost_say_hello(EVENTS);
    prctl(PR_SET_NAME, "outpost-reaper", 0, 0, 0);
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, 0);
        if (pid == program) {
            outpost_say_end(EVENTS, status);
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

// The first process of a sandbox. It builds the sandbox, forks the interpreter, and drops all its rights.
static void build(const int *fds, size_t fd_count) {
    for (size_t i = 0; i < fd_count; i++) {
        if (dup2(fds[i], FIRST_RECEIVED + (int)i) < 0) {
            _exit(126);
        }
        close(fds[i]);
    }
    const int failures = FIRST_RECEIVED + FAILURES;
    const struct outpost_op *ops = outpost_unpack(message.bytes, PROGRAMS);
    run(ops, message.counts[0], failures);
    ops += message.counts[0];
    // Python's other handlers stay. This call is used because signal(3) would set an additional flag.
    const struct sigaction standard = {.sa_handler = SIG_DFL};
    sigaction(SIGCHLD, &standard, NULL);
    pid_t child = fork();
    if (child < 0) {
        _exit(126);
    }
    if (child == 0) {
        close_others();
        run(ops, message.counts[1], failures);
        return;
    }
    ops += message.counts[1];
    outpost_reset_signals();
    run(ops, message.counts[2], failures);
    reap(child);
}

// The memory that this interpreter has written to, and that its forks will write to as well: starts and sizes in turn.
static const uintptr_t *written;
static size_t written_count;

// Copies the pages that the interpreter will write to, while no request waits for it (MADV_POPULATE_WRITE, Linux 5.14).
// On an older kernel each page is copied at the first write to it.
static void own_memory(void) {
    for (size_t i = 0; i + 1 < written_count; i += 2) {
        madvise((void *)written[i], written[i + 1], MADV_POPULATE_WRITE);
    }
}

// Returns true in the forked interpreter.
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

// The argument is the memory that the interpreter has written to.
static object *serve(object *self, object *memory) {
    (void)self;
    written = (const void *)PyBytes_AsString(memory);
    written_count = (size_t)PyBytes_Size(memory) / sizeof *written;
    // The kernel reaps the children. The spawner watches the pidfd of each sandbox.
    signal(SIGCHLD, SIG_IGN);
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

// Runs the steps before the program. The arguments are the packed steps and the descriptor for a failure.
static object *prepare(object *self, object *arguments) {
    (void)self;
    object *steps = PyTuple_GetItem(arguments, 0);
    outpost_prepare(PyBytes_AsString(steps), (size_t)PyBytes_Size(steps),
                    (int)PyLong_AsLong(PyTuple_GetItem(arguments, 1)));
    return none();
}

// Makes the garbage collector track a frozen container again.
static object *thaw(object *self, object *value) {
    (void)self;
    PyObject_GC_UnTrack(value);
    PyObject_GC_Track(value);
    return none();
}

// Adds a reference that is never released.
static object *keep(object *self, object *value) {
    (void)self;
    Py_IncRef(value);
    return none();
}

// Python's function that creates built-in modules, and the function to call before it creates `gc`.
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

// Unfreezes all containers when a program imports `gc`, so that it sees no frozen ones. The arguments are the modules
// `_imp` and `gc`.
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
    {"serve", serve, METHOD_WITH_ONE, NULL},
    {"prepare", prepare, METHOD_WITH_SEVERAL, NULL},
    {"thaw", thaw, METHOD_WITH_ONE, NULL},
    {"keep", keep, METHOD_WITH_ONE, NULL},
    {"watch", watch, METHOD_WITH_SEVERAL, NULL},
    {NULL, NULL, 0, NULL},
};

static definition module = {.head = {1, NULL}, .name = "_outpost_fork", .size = -1, .methods = methods};

__attribute__((visibility("default"))) object *PyInit__outpost_fork(void);
object *PyInit__outpost_fork(void) { return PyModule_Create2(&module, ABI_VERSION); }
