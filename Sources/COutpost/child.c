// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
//
// The child between clone and exec. This code does not allocate, lock, print or use globals. Only the functions that
// OUTPOST_OP_CALL calls can do so.
#include "outpost.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LAST_CAPABILITY = 63 };

struct context {
    int received[OUTPOST_FDS_MAX];
};

static int failed(long result) { return result < 0 ? errno : 0; }

// The descriptor of a mount is only a place (open(2), O_PATH), and syncfs needs an open file, which stays open.
static int sync_mount(int mount) {
    int top = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return top < 0 || syncfs(top) != 0 ? errno : 0;
}

static int descriptor(const struct context *context, const struct outpost_op *op) {
    if (op->fd & OUTPOST_FD_RECEIVED) {
        return context->received[(op->fd & ~OUTPOST_FD_RECEIVED) % OUTPOST_FDS_MAX];
    }
    return op->fd;
}

static int receive_fds(struct context *context, const struct outpost_op *op) {
    char byte;
    size_t count = OUTPOST_FDS_MAX;
    ssize_t got;
    do {
        got = outpost_receive(op->fd, &byte, 1, context->received, &count, 0);
    } while (got == -EINTR);
    if (got < 0) {
        return (int)-got;
    }
    // At an end of file the parent has failed before it wrote the id maps.
    return got == 1 && count == op->value ? 0 : ECANCELED;
}

static int set_ids(const struct outpost_op *op) {
    uint64_t user = op->fd < 0 ? op->value : (uint64_t)op->fd;
    uint64_t group = op->fd < 0 ? op->extra : (uint64_t)op->fd;
    // Groups first, because the change of the uid drops the capability for them.
    if (syscall(SYS_setgroups, 0, NULL) != 0 || syscall(SYS_setresgid, group, op->extra, group) != 0 ||
        syscall(SYS_setresuid, user, op->value, user) != 0) {
        return errno;
    }
    return 0;
}

static int bind_mount(const struct outpost_op *op) {
    int fd = outpost_open_tree(AT_FDCWD, op->a, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
    if (fd < 0) {
        return -fd;
    }
    int result = outpost_mount_setattr(fd, op->value, 0, -1, 0);
    result = result != 0 ? result : outpost_move_mount(fd, AT_FDCWD, op->b);
    close(fd);
    return -result;
}

static int restrict_mount(const struct outpost_op *op) {
    int fd = open(op->b, O_PATH | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    int result = outpost_mount_setattr(fd, op->value, 0, -1, 0);
    close(fd);
    return -result;
}

static int write_all(int fd, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t written = write(fd, bytes, size);
        if (written < 0 && errno != EINTR) {
            return errno;
        }
        bytes += written > 0 ? written : 0;
        size -= written > 0 ? (size_t)written : 0;
    }
    return 0;
}

static int copy_all(int fd, int source, off_t offset, size_t size) {
    while (size > 0) {
        ssize_t copied = sendfile(fd, source, &offset, size);
        if (copied <= 0 && !(copied < 0 && errno == EINTR)) {
            return copied < 0 ? errno : ENODATA;
        }
        size -= copied > 0 ? (size_t)copied : 0;
    }
    return 0;
}

// An earlier run can have left a link, a FIFO or a device at the path (CVE-2024-28185). The new file is created
// exclusively under a temporary name and then renamed over the path. A run that reads it at the same time finds the
// whole file.
int outpost_open_draft(const char *draft, mode_t mode) {
    bool is_free = unlink(draft) == 0 || errno == ENOENT;
    int fd = is_free ? open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode) : -1;
    return fd < 0 ? -errno : fd;
}

int outpost_place_draft(int fd, mode_t mode, const char *draft, const char *path) {
    return fchmod(fd, mode) != 0 || rename(draft, path) != 0 ? -errno : 0;
}

static int write_draft(const struct outpost_op *op) {
    int fd = outpost_open_draft(op->c, (mode_t)op->value);
    if (fd < 0) {
        return -fd;
    }
    int result = op->kind == OUTPOST_OP_COPY_FILE ? copy_all(fd, op->fd, (off_t)op->extra, op->size)
                                                  : write_all(fd, op->data, op->size);
    if (result == 0) {
        result = -outpost_place_draft(fd, (mode_t)op->value, op->c, op->b);
    }
    close(fd);
    if (result != 0) {
        unlink(op->c);
    }
    return result;
}

static int make_parents(const char *path) {
    char way[PATH_MAX];
    size_t length = strlen(path);
    if (length >= sizeof way) {
        return ENAMETOOLONG;
    }
    memcpy(way, path, length + 1);
    for (char *slash = strchr(way + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(way, 0755) != 0 && errno != EEXIST) {
            return errno;
        }
        *slash = '/';
    }
    return 0;
}

static int write_file(const struct outpost_op *op) {
    int result = make_parents(op->b);
    if (result == 0) {
        result = write_draft(op);
    }
    // A full disk has room for only one of the two files.
    if ((result == ENOSPC || result == EDQUOT) && unlink(op->b) == 0) {
        result = write_draft(op);
    }
    return result;
}

static void link_entries(const struct outpost_op *op) {
    _Alignas(struct dirent64) char entries[4096];
    char path[PATH_MAX + NAME_MAX];
    int from = open(op->a, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int target = open(op->b, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    uint64_t room = op->value;
    // The path was opened before, so its length is valid.
    size_t length = from < 0 ? 0 : strlen(op->a);
    memcpy(path, op->a, length);
    for (long at = 0, size = 0; room > 0 && target >= 0;) {
        if (at == size && (at = 0, size = syscall(SYS_getdents64, from, entries, sizeof entries)) <= 0) {
            break;
        }
        const struct dirent64 *entry = (const struct dirent64 *)(const void *)(entries + at);
        at += entry->d_reclen;
        bool is_dots = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        if (!is_dots && (op->c == NULL || strncmp(entry->d_name, op->c, strlen(op->c)) != 0)) {
            strcpy(path + length, entry->d_name);
            room = symlinkat(path, target, entry->d_name) == 0 || errno == EEXIST ? room - 1 : 0;
        }
    }
    close(from);
    close(target);
}

// A kernel setting needs its value in one write. A missing file cannot be created.
static int write_setting(const struct outpost_op *op) {
    int fd = open(op->b, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return op->fd == 1 && errno == ENOENT ? 0 : errno;
    }
    int result = write_all(fd, op->data, op->size);
    close(fd);
    return result;
}

static int loopback_up(void) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    memcpy(request.ifr_name, "lo", 3);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return errno;
    }
    int result = failed(ioctl(fd, SIOCSIFFLAGS, &request));
    close(fd);
    return result;
}

static int keep_bounding(uint64_t keep) {
    for (int capability = 0; capability <= LAST_CAPABILITY; capability++) {
        if (keep & (UINT64_C(1) << capability)) {
            continue;
        }
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
            // After the kernel's last capability the call returns EINVAL, and the set is complete.
            return errno == EINVAL ? 0 : errno;
        }
    }
    return 0;
}

static int set_capabilities(uint64_t permitted, uint64_t inheritable) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    for (int i = 0; i < 2; i++) {
        data[i].permitted = (uint32_t)(permitted >> (32 * i));
        data[i].effective = data[i].permitted;
        data[i].inheritable = (uint32_t)(inheritable >> (32 * i));
    }
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0 || syscall(SYS_capset, &header, data) != 0) {
        return errno;
    }
    for (int capability = 0; capability <= LAST_CAPABILITY; capability++) {
        if ((inheritable & (UINT64_C(1) << capability)) &&
            prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0) {
            return errno;
        }
    }
    return 0;
}

int outpost_drop_capabilities(uint64_t keep) {
    int error = keep_bounding(keep);
    return error != 0 ? -error : -set_capabilities(keep, 0);
}

static int install_filter(const struct outpost_op *op) {
    struct sock_fprog program = {
        .len = (unsigned short)(op->size / sizeof(struct sock_filter)),
        .filter = (struct sock_filter *)(uintptr_t)op->data,
    };
    return failed(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}

// Searches as execvp(3) does, but without an allocation. Like execvp it returns EACCES if it found a file that cannot be
// executed and no other one.
static int execute(const struct outpost_op *op) {
    if (strchr(op->a, '/') != NULL || op->b == NULL) {
        execve(op->a, op->argv, op->envp);
        return errno;
    }
    char path[4096];
    size_t name = strlen(op->a);
    int result = ENOENT;
    for (const char *part = op->b; *part != '\0';) {
        size_t length = strcspn(part, ":");
        if (length > 0 && length + name + 2 <= sizeof path) {
            memcpy(path, part, length);
            path[length] = '/';
            memcpy(path + length + 1, op->a, name + 1);
            execve(path, op->argv, op->envp);
            if (errno == EACCES) {
                result = EACCES;
            } else if (errno != ENOENT && errno != ENOTDIR) {
                return errno;
            }
        }
        part += length + (part[length] == ':');
    }
    return result;
}

static int unless_optional(const struct outpost_op *op, int result) { return op->fd == 1 ? 0 : result; }

static int perform(struct context *context, const struct outpost_op *op) {
    int result;
    switch (op->kind) {
        case OUTPOST_OP_RECEIVE_FDS: return receive_fds(context, op);
        case OUTPOST_OP_SET_IDS: return set_ids(op);
        case OUTPOST_OP_MOUNT: return failed(mount(op->a, op->b, op->c, op->value, op->data));
        case OUTPOST_OP_MOVE_MOUNT:
            result = -outpost_move_mount(descriptor(context, op), (int)op->value, op->b);
            return op->extra == 1 || (op->extra == 2 && result == EINVAL) ? 0 : result;
        case OUTPOST_OP_BIND: return unless_optional(op, bind_mount(op));
        case OUTPOST_OP_RESTRICT_MOUNT: return restrict_mount(op);
        case OUTPOST_OP_MKDIR:
            result = failed(mkdir(op->b, (mode_t)op->value));
            if (result == 0 && op->extra > 0) { result = failed(lchown(op->b, (uid_t)(op->extra - 1), (uid_t)(op->extra - 1))); }
            return result == EEXIST ? 0 : unless_optional(op, result);
        case OUTPOST_OP_WRITE_FILE: return write_file(op);
        case OUTPOST_OP_COPY_FILE: result = write_file(op); close(op->fd); return result;
        case OUTPOST_OP_WRITE_SETTING: return write_setting(op);
        case OUTPOST_OP_UNLINK: return failed(unlink(op->b));
        case OUTPOST_OP_MOVE_ASIDE: return rename(op->b, op->c) == 0 || errno == ENOENT ? 0 : errno;
        case OUTPOST_OP_CHMOD: return failed(chmod(op->b, (mode_t)op->value));
        case OUTPOST_OP_LINK_ENTRIES: link_entries(op); return 0;
        case OUTPOST_OP_AFFINITY: syscall(SYS_sched_setaffinity, 0, op->size, op->data); return 0;
        case OUTPOST_OP_CALL: return op->call(op);
        case OUTPOST_OP_PIVOT_ROOT: return -outpost_pivot_root(op->b);
        case OUTPOST_OP_CHDIR: return failed(chdir(op->b));
        case OUTPOST_OP_SET_HOSTNAME: return failed(sethostname(op->data, op->size));
        case OUTPOST_OP_LOOPBACK_UP: return loopback_up();
        case OUTPOST_OP_UNSHARE: return failed(syscall(SYS_unshare, op->value));
        case OUTPOST_OP_SETNS: return failed(setns(op->fd, 0));
        case OUTPOST_OP_RLIMIT: return failed(prlimit64(0, (__rlimit_resource_t)op->fd, &(struct rlimit64){op->value, op->extra}, NULL));
        case OUTPOST_OP_PRCTL: return failed(prctl(op->fd, op->value, op->extra, 0, 0));
        case OUTPOST_OP_KEEP_BOUNDING: return keep_bounding(op->value);
        case OUTPOST_OP_CAPABILITIES: return set_capabilities(op->value, op->extra);
        case OUTPOST_OP_SECCOMP: return install_filter(op);
        case OUTPOST_OP_DUP: return failed(dup2(descriptor(context, op), (int)op->value));
        case OUTPOST_OP_CLOSE_FROM:
            return failed(syscall(SYS_close_range, (unsigned)op->value, ~0U, op->extra == 0 ? CLOSE_RANGE_CLOEXEC : 0));
        case OUTPOST_OP_SETSID: return failed(setsid());
        case OUTPOST_OP_UMASK: umask((mode_t)op->value); return 0;
        case OUTPOST_OP_WRITE_FD: return write_all(descriptor(context, op), op->data, op->size);
        case OUTPOST_OP_EXEC: return execute(op);
        case OUTPOST_OP_EXEC_FD:
            syscall(SYS_execveat, descriptor(context, op), "", op->argv, op->envp, AT_EMPTY_PATH);
            return errno;
        case OUTPOST_OP_EXIT: _exit((int)op->value);
        case OUTPOST_OP_SYNC_MOUNT: return sync_mount(op->fd);
        case OUTPOST_OP_READ_ONLY_MOUNT: return -outpost_make_read_only(op->fd);
        case OUTPOST_OP_SHARE_LOCK: return failed(flock(op->fd, LOCK_SH | LOCK_NB));
        default: return ENOSYS;
    }
}

void outpost_run(const struct outpost_op *ops, size_t count, struct outpost_failure *failure) {
    struct context context;
    for (int i = 0; i < OUTPOST_FDS_MAX; i++) {
        context.received[i] = -1;
    }
    for (size_t i = 0; i < count; i++) {
        int error = perform(&context, &ops[i]);
        if (error != 0) {
            failure->op = (int32_t)i;
            failure->error = error;
            return;
        }
    }
    failure->op = (int32_t)count;
    failure->error = ENOEXEC;
}

// The kernel's structure. The C library's sigaction refuses the signals 32 and 33, which it uses itself, but a parent can
// have set them to SIG_IGN.
struct kernel_sigaction {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

// Resets all signals. An exec resets handlers itself, but keeps the mask and SIG_IGN (execve(2)).
void outpost_reset_signals(void) {
    struct kernel_sigaction action;
    memset(&action, 0, sizeof action);
    action.handler = SIG_DFL;
    for (int signal = 1; signal <= 64; signal++) {
        syscall(SYS_rt_sigaction, signal, &action, NULL, sizeof action.mask);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

// Sets the effective id of this thread only, with the system call itself. The thread can return to its saved id, which
// also makes its permitted capabilities effective again (capabilities(7)).
static int become(uid_t user) { return failed(syscall(SYS_setresuid, -1, user, -1)); }

pid_t outpost_clone(uint64_t flags, int *pidfd, uid_t creator, const struct outpost_op *ops, size_t count,
                    int error_fd) {
    struct clone_args arguments;
    memset(&arguments, 0, sizeof arguments);
    arguments.flags = flags;
    arguments.exit_signal = SIGCHLD;
    if (pidfd != NULL) {
        arguments.flags |= CLONE_PIDFD;
        arguments.pidfd = (uint64_t)(uintptr_t)pidfd;
    }
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    uid_t own = geteuid();
    int error = creator == own ? 0 : become(creator);
    long pid = error == 0 ? syscall(SYS_clone3, &arguments, sizeof arguments) : -1;
    if (pid == 0) {
        outpost_reset_signals();
        struct outpost_failure failure;
        outpost_run(ops, count, &failure);
        if (write(error_fd, &failure, sizeof failure) != sizeof failure) {
            _exit(126);
        }
        _exit(127);
    }
    long result = error != 0 ? -error : pid < 0 ? -errno : pid;
    // A process that cannot get its rights back must end. Its supervisor starts a new one.
    if (geteuid() != own && become(own) != 0) {
        _exit(125);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return (pid_t)result;
}

struct performance {
    const struct outpost_op *ops;
    size_t count;
    struct outpost_failure *failure;
};

static int perform_all(void *argument) {
    const struct performance *performance = argument;
    outpost_run(performance->ops, performance->count, performance->failure);
    return 127;
}

int outpost_perform(const struct outpost_op *ops, size_t count, struct outpost_failure *failure) {
    // The parent sleeps until the child ends, and the caller has one thread, so one stack is enough.
    static _Alignas(16) char stack[65536];
    struct performance performance = {ops, count, failure};
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    pid_t pid = clone(perform_all, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, &performance);
    int result = pid < 0 ? -errno : 0;
    if (pid > 0) {
        int status = 0;
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        }
        result = status == 0 ? 0 : -ECANCELED;
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return result;
}
