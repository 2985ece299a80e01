// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
//
// System calls and ioctls that Swift cannot import: variadic functions, macros, or newer than glibc 2.36.
#include "outpost.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

// <sys/mount.h> and <linux/mount.h> of glibc 2.36 declare the same enumerations, so only one can be included here.
#define OUTPOST_MNT_DETACH 2

const uint32_t OUTPOST_EPOLLIN = EPOLLIN, OUTPOST_EPOLLOUT = EPOLLOUT, OUTPOST_EPOLLHUP = EPOLLHUP,
               OUTPOST_EPOLLERR = EPOLLERR;
const uint64_t OUTPOST_CLONE_SANDBOX =
    CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
const uint64_t OUTPOST_CLONE_NEWCGROUP = CLONE_NEWCGROUP, OUTPOST_CLONE_NEWIPC = CLONE_NEWIPC,
               OUTPOST_CLONE_NEWNS = CLONE_NEWNS;
const unsigned OUTPOST_OPEN_TREE_CLONE = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC, OUTPOST_OPEN_TREE_BELOW = AT_RECURSIVE;
const uint64_t OUTPOST_ATTR_RDONLY = MOUNT_ATTR_RDONLY, OUTPOST_ATTR_NOSUID = MOUNT_ATTR_NOSUID,
               OUTPOST_ATTR_NODEV = MOUNT_ATTR_NODEV, OUTPOST_ATTR_NOEXEC = MOUNT_ATTR_NOEXEC, OUTPOST_ATTR_NOATIME = MOUNT_ATTR_NOATIME,
               OUTPOST_ATTR_NOSYMFOLLOW = MOUNT_ATTR_NOSYMFOLLOW;
const uint64_t OUTPOST_MS_NOSUID = 2, OUTPOST_MS_NODEV = 4, OUTPOST_MS_NOEXEC = 8, OUTPOST_MS_RDONLY = 1, OUTPOST_MS_BIND = 4096,
               OUTPOST_MS_PRIVATE_REC = (1 << 18) | (1 << 14);
const int OUTPOST_PR_PDEATHSIG = PR_SET_PDEATHSIG, OUTPOST_PR_DUMPABLE = PR_SET_DUMPABLE,
          OUTPOST_PR_NO_NEW_PRIVS = PR_SET_NO_NEW_PRIVS, OUTPOST_PR_KEEPCAPS = PR_SET_KEEPCAPS,
          OUTPOST_PR_SECUREBITS = PR_SET_SECUREBITS;
const uint64_t OUTPOST_RESOLVE_BENEATH = RESOLVE_BENEATH, OUTPOST_RESOLVE_NO_MAGICLINKS = RESOLVE_NO_MAGICLINKS,
               OUTPOST_RESOLVE_NO_SYMLINKS = RESOLVE_NO_SYMLINKS;

static int result_of(long result) { return result < 0 ? -errno : (int)result; }

// These two return -1 and set errno, unlike the other functions.
int outpost_unshare(uint64_t flags) { return (int)syscall(SYS_unshare, (unsigned long)flags); }
ssize_t outpost_splice(int from, int to, size_t size) { return splice(from, NULL, to, NULL, size, SPLICE_F_NONBLOCK); }
int outpost_pipe(int ends[2]) { return result_of(pipe2(ends, O_CLOEXEC)); }

int outpost_memfd(const char *name) { return result_of(memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING)); }
// F_SEAL_WRITE differs only for a memfd that is mapped writable already. It needs that nobody else holds a page of the file,
// waits for that up to 70 ms, and then fails with EBUSY (mm/memfd.c, `memfd_wait_for_pins`).
int outpost_seal(int memfd) {
    return result_of(fcntl(memfd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE));
}

int outpost_pidfd_send_signal(int pidfd, int signal) { return result_of(syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0)); }

int outpost_open_tree(int dirfd, const char *path, unsigned flags) {
    unsigned empty = path[0] == '\0' ? AT_EMPTY_PATH : 0;
    return result_of(syscall(SYS_open_tree, dirfd, path, flags | empty));
}

int outpost_move_mount(int mount_fd, int place, const char *target) {
    return result_of(syscall(SYS_move_mount, mount_fd, "", place, target, MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}

int outpost_mount_setattr(int mount_fd, uint64_t set, uint64_t clear, int userns_fd, int recursive) {
    struct mount_attr attributes = {.attr_set = set, .attr_clr = clear};
    if (userns_fd >= 0) {
        attributes.attr_set |= MOUNT_ATTR_IDMAP;
        attributes.userns_fd = (uint64_t)userns_fd;
    }
    int flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
    return result_of(syscall(SYS_mount_setattr, mount_fd, "", flags, &attributes, sizeof attributes));
}

// `options` has keys and values in turn. A NULL value means a flag.
int outpost_fs_mount(const char *type, const char *_Nullable const *_Nullable options, size_t option_count,
                     const char *_Nullable source, uint64_t attributes) {
    int fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
    if (fs < 0) { return -errno; }
    long result = 0;
    if (source != NULL) { result = syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "source", source, 0); }
    for (size_t i = 0; result == 0 && i + 1 < option_count; i += 2) {
        unsigned command = options[i + 1] == NULL ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING;
        result = syscall(SYS_fsconfig, fs, command, options[i], options[i + 1], 0);
    }
    if (result == 0) { result = syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0); }
    if (result == 0) { result = syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, (unsigned)attributes); }
    int answer = result_of(result);
    close(fs);
    return answer;
}

// The new context stays open until the process ends: a child calls this once.
int outpost_make_read_only(int mount) {
    int fs = (int)syscall(SYS_fspick, mount, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH);
    if (fs < 0 || syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, "ro", NULL, 0) != 0) { return -errno; }
    return result_of(syscall(SYS_fsconfig, fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0));
}

int outpost_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags | O_CLOEXEC, .mode = mode, .resolve = resolve};
    return result_of(syscall(SYS_openat2, dirfd, path, &how, sizeof how));
}

int outpost_is_cgroup(int fd) {
    struct statfs status;
    return fstatfs(fd, &status) == 0 && (status.f_type == CGROUP_SUPER_MAGIC || status.f_type == CGROUP2_SUPER_MAGIC);
}

// The old root is mounted under the new one at the same path and then detached, so it needs no directory of its own
// (pivot_root(2), NOTES).
int outpost_pivot_root(const char *new_root) {
    if (chdir(new_root) != 0 || syscall(SYS_pivot_root, ".", ".") != 0 ||
        syscall(SYS_umount2, ".", OUTPOST_MNT_DETACH) != 0 || chdir("/") != 0) {
        return -errno;
    }
    return 0;
}

int outpost_mknod(int dirfd, const char *path, unsigned mode, unsigned major, unsigned minor) {
    return result_of(mknodat(dirfd, path, mode, makedev(major, minor)));
}

int outpost_set_parent_death_signal(int signal) { return result_of(prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)); }
int outpost_set_dumpable(int value) { return result_of(prctl(PR_SET_DUMPABLE, value, 0, 0, 0)); }
int outpost_no_new_privileges(void) { return result_of(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)); }
int outpost_set_subreaper(void) { return result_of(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)); }
int outpost_loop_free_number(int control_fd) { return result_of(ioctl(control_fd, LOOP_CTL_GET_FREE)); }

// LOOP_CONFIGURE (Linux 5.8) binds the device and sets its flags in one step, so no process sees it half configured.
// AUTOCLEAR frees the device at its last close, also by an unmount, so nothing is left when a sandbox dies.
int outpost_loop_configure(int loop_fd, int backing_fd, int direct_io) {
    struct loop_config config;
    memset(&config, 0, sizeof config);
    config.fd = (uint32_t)backing_fd;
    config.block_size = 4096;
    config.info.lo_flags = LO_FLAGS_AUTOCLEAR | (direct_io ? LO_FLAGS_DIRECT_IO : 0);
    return result_of(ioctl(loop_fd, LOOP_CONFIGURE, &config));
}

int outpost_loop_backing(int loop_fd, uint64_t *device, uint64_t *inode) {
    struct loop_info64 info;
    memset(&info, 0, sizeof info);
    int result = result_of(ioctl(loop_fd, LOOP_GET_STATUS64, &info));
    *device = info.lo_device;
    *inode = info.lo_inode;
    return result;
}

ssize_t outpost_send(int socket, const void *bytes, size_t size, const int *_Nullable fds, size_t fd_count,
                     int flags) {
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int) * OUTPOST_FDS_MAX)];
    } control;
    struct iovec part = {(void *)(uintptr_t)bytes, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd_count > OUTPOST_FDS_MAX) { return -E2BIG; }
    if (fd_count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
        memcpy(CMSG_DATA(header), fds, sizeof(int) * fd_count);
    }
    ssize_t sent = sendmsg(socket, &message, flags | MSG_NOSIGNAL);
    return sent < 0 ? -errno : sent;
}

static size_t take_fds(struct msghdr *message, int *_Nullable fds, size_t room, int *overflow) {
    size_t taken = 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header != NULL; header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) { continue; }
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
            if (fds != NULL && taken < room) {
                fds[taken++] = fd;
            } else {
                close(fd);
                *overflow = 1;
            }
        }
    }
    return taken;
}

ssize_t outpost_receive(int socket, void *bytes, size_t size, int *_Nullable fds, size_t *fd_count, int flags) {
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int) * OUTPOST_FDS_MAX)];
    } control;
    struct iovec part = {bytes, size};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t got = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
    if (got < 0) {
        *fd_count = 0;
        return -errno;
    }
    int overflow = 0;
    size_t taken = take_fds(&message, fds, *fd_count, &overflow);
    // The message or its descriptors are incomplete. The received descriptors are closed then.
    if (overflow || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC))) {
        for (size_t i = 0; i < taken; i++) { close(fds[i]); }
        taken = 0;
    }
    *fd_count = taken;
    return message.msg_flags & MSG_TRUNC ? -EMSGSIZE : got;
}

int outpost_eventfd(void) { return result_of(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

// Blocks SIGCHLD and returns a descriptor that is readable while a child waits to be reaped.
int outpost_signalfd_children(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    return sigprocmask(SIG_BLOCK, &set, NULL) != 0 ? -errno : result_of(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

int outpost_exchange(const char *first, const char *second) {
    return result_of((int)syscall(SYS_renameat2, AT_FDCWD, first, AT_FDCWD, second, 2U /* RENAME_EXCHANGE */));
}

void outpost_file_ids(uid_t uid, gid_t gid) { setfsgid(gid), setfsuid(uid); }

pid_t outpost_thread_id(void) { return (pid_t)syscall(SYS_gettid); }
int outpost_scheduling(int is_new, uint64_t *words, size_t size) {
    return result_of(syscall(is_new ? SYS_sched_setattr : SYS_sched_getattr, 0, words, size, 0)); }

int outpost_affinity(pid_t thread, void *words, size_t size, int is_new) {
    return result_of(syscall(is_new ? SYS_sched_setaffinity : SYS_sched_getaffinity, thread, size, words));
}

int outpost_epoll_create(void) { return result_of(epoll_create1(EPOLL_CLOEXEC)); }

int outpost_epoll_set(int epoll, int fd, uint32_t events, uint64_t token, int is_new) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return result_of(epoll_ctl(epoll, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event));
}

int outpost_epoll_remove(int epoll, int fd) { return result_of(epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL)); }

int outpost_epoll_wait(int epoll, uint64_t *tokens, uint32_t *events, int room, int milliseconds) {
    struct epoll_event list[64];
    int count = result_of(epoll_wait(epoll, list, room < 64 ? room : 64, milliseconds));
    for (int i = 0; i < count; i++) {
        tokens[i] = list[i].data.u64;
        events[i] = list[i].events;
    }
    return count;
}

int outpost_stay_owners(void) {
    int result = result_of(setresgid((gid_t)-1, (gid_t)-1, getgid()));
    return result < 0 ? result : result_of(setresuid((uid_t)-1, (uid_t)-1, getuid()));
}

void outpost_trim_memory(void) { malloc_trim(0); }

void outpost_map_large_blocks(int bytes) { mallopt(M_MMAP_THRESHOLD, bytes); mallopt(M_TRIM_THRESHOLD, bytes); }
