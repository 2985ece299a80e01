// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0
//
// The parts that Swift cannot do: the steps between clone and exec, and system calls that Swift cannot import.
#ifndef OUTPOST_H
#define OUTPOST_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

// One step of a child between clone and exec. The steps are prepared before the clone, so the child allocates nothing and
// calls only async-signal-safe functions (signal-safety(7)).
enum outpost_op_kind {
    OUTPOST_OP_RECEIVE_FDS = 1,   // fd: socket; value: number of descriptors to receive
    OUTPOST_OP_SET_IDS,           // value: uid; extra: gid; supplementary groups are cleared first
    OUTPOST_OP_MOUNT,             // a: source; b: target; c: file system; data: options; value: MS_ flags
    OUTPOST_OP_MOVE_MOUNT,        // fd: detached mount; b: target, or empty for the mount of fd `value`; extra 1: ignore a failure, 2: EINVAL
    OUTPOST_OP_BIND,              // a: source; b: target; value: MOUNT_ATTR_ flags; fd 1: ignore a failure
    OUTPOST_OP_RESTRICT_MOUNT,    // b: mount point; value: MOUNT_ATTR_ flags to set on the mount
    OUTPOST_OP_MKDIR,             // b: path; value: mode; extra: owner + 1, or 0; fd 1: ignore a failure
    OUTPOST_OP_WRITE_FILE,        // b: path; c: a temporary path beside it; data, size: content; value: mode;
                                  // makes parent directories, replaces an old entry, follows no link
    OUTPOST_OP_COPY_FILE,         // as WRITE_FILE, with content from fd; extra: first byte; size: bytes; closes fd
    OUTPOST_OP_WRITE_SETTING,     // b: path of an existing file; data, size: written at once; fd 1: ignore a missing file
    OUTPOST_OP_UNLINK,            // b: path
    OUTPOST_OP_MOVE_ASIDE,        // b: path; c: new path; ignores a missing entry
    OUTPOST_OP_CHMOD,             // b: path; value: mode
    OUTPOST_OP_LINK_ENTRIES,      // a: directory with a slash at its end; b: directory for links to its entries;
                                  // c: prefix of names to skip; value: most links
    OUTPOST_OP_AFFINITY,          // data, size: processors; ignores a failure
    OUTPOST_OP_CALL,              // call: gets this step; only in a child of a process with one thread
    OUTPOST_OP_PIVOT_ROOT,        // b: new root; the old root is detached
    OUTPOST_OP_CHDIR,             // b: path
    OUTPOST_OP_SET_HOSTNAME,      // data, size
    OUTPOST_OP_LOOPBACK_UP,
    OUTPOST_OP_UNSHARE,           // value: CLONE_NEW* flags
    OUTPOST_OP_SETNS,             // fd: a namespace
    OUTPOST_OP_RLIMIT,            // fd: resource; value: soft; extra: hard
    OUTPOST_OP_PRCTL,             // fd: option; value, extra: arguments
    OUTPOST_OP_KEEP_BOUNDING,     // value: the capabilities that stay in the bounding set
    OUTPOST_OP_CAPABILITIES,      // value: permitted and effective; extra: inheritable and ambient
    OUTPOST_OP_SECCOMP,           // data, size: a BPF program
    OUTPOST_OP_DUP,               // fd: from; value: to
    OUTPOST_OP_CLOSE_FROM,        // value: first descriptor to close at exec; extra 1: to close now
    OUTPOST_OP_SETSID,
    OUTPOST_OP_UMASK,             // value
    OUTPOST_OP_WRITE_FD,          // fd; data, size
    OUTPOST_OP_EXEC,              // a: program; b: search path; argv; envp
    OUTPOST_OP_EXEC_FD,           // fd; argv; envp
    OUTPOST_OP_EXIT,              // value: status
    OUTPOST_OP_SYNC_MOUNT,        // fd: a mount; writes its file system to the disk
    OUTPOST_OP_READ_ONLY_MOUNT,   // fd: a mount; makes its file system read-only
    OUTPOST_OP_SHARE_LOCK,        // fd: a file with an exclusive lock, which becomes a shared one
};

// `fd` is the position of a descriptor that OUTPOST_OP_RECEIVE_FDS received.
#define OUTPOST_FD_RECEIVED 0x40000000

struct outpost_op {
    int32_t kind;
    int32_t fd;
    uint64_t value;
    uint64_t extra;
    const char *_Nullable a;
    const char *_Nullable b;
    const char *_Nullable c;
    const void *_Nullable data;
    size_t size;
    char *_Nullable const *_Nullable argv;
    char *_Nullable const *_Nullable envp;
    int (*_Nullable call)(const struct outpost_op *op);
};

// The failure of a child: the index of the step, and errno.
struct outpost_failure {
    int32_t op;
    int32_t error;
};

// Clones (clone3(2), Linux 5.5 for CLONE_PIDFD with it) and runs `ops` in the child. A failing step writes an
// outpost_failure to `error_fd` and exits with 127. During the clone the effective user id is `creator`, which makes that
// user the owner of the new user namespace. Returns the pid, or -errno.
pid_t outpost_clone(uint64_t flags, int *_Nullable pidfd, uid_t creator, const struct outpost_op *ops, size_t count,
                    int error_fd);
// Runs `ops` in the calling process. Returns when a step fails, or after the last step if there was no exec. `failure`
// has the failed step, or the index after the last step.
void outpost_run(const struct outpost_op *ops, size_t count, struct outpost_failure *failure);
// Runs `ops`, which end with OUTPOST_OP_EXIT, in a child while this process waits (CLONE_VFORK). The child shares the
// memory, but has namespaces of its own. Returns 0 or -errno; after -ECANCELED `failure` has the failed step.
int outpost_perform(const struct outpost_op *ops, size_t count, struct outpost_failure *failure);
// Resets all signals to their default actions and unblocks them.
void outpost_reset_signals(void);

// Changes the offsets in a message of PackedSteps to pointers. The message has `programs` lists of steps. Returns the
// first step; the lists follow one another.
const struct outpost_op *outpost_unpack(void *message, size_t programs);
// Runs one packed list of steps in a warm interpreter; no bytes mean no steps. Reports a failure to `answers` and ends
// the process.
void outpost_prepare(const void *steps, size_t size, int answers);
// Send frames of docs/agent-protocol.md. The process ends if it cannot write them.
void outpost_say_hello(int fd);
// Reports the end of the sandbox's only program, process 1 of the protocol. `status` is the status of waitpid(2).
void outpost_say_end(int fd, int status);
void outpost_say_refused(int fd, uint32_t step, int32_t error);

// Each of these returns a descriptor or 0, or -errno.
int outpost_unshare(uint64_t flags);
int outpost_eventfd(void);
int outpost_signalfd_children(void);
pid_t outpost_thread_id(void);
int outpost_scheduling(int is_new, uint64_t *words, size_t size);
void outpost_file_ids(uid_t uid, gid_t gid);
int outpost_affinity(pid_t thread, void *words, size_t size, int is_new);
int outpost_epoll_create(void);
int outpost_epoll_set(int epoll, int fd, uint32_t events, uint64_t token, int is_new);
int outpost_epoll_remove(int epoll, int fd);
int outpost_epoll_wait(int epoll, uint64_t *tokens, uint32_t *events, int room, int milliseconds);
int outpost_pipe(int ends[_Nonnull 2]);
ssize_t outpost_splice(int from, int to, size_t size);
int outpost_memfd(const char *name);
int outpost_seal(int memfd);
int outpost_pidfd_send_signal(int pidfd, int signal);
int outpost_open_tree(int dirfd, const char *path, unsigned flags);
int outpost_move_mount(int mount_fd, int place, const char *target);
int outpost_mount_setattr(int mount_fd, uint64_t set, uint64_t clear, int userns_fd, int recursive);
int outpost_fs_mount(const char *type, const char *_Nullable const *_Nullable options, size_t option_count,
                     const char *_Nullable source, uint64_t attributes);
// Makes the file system of a mount read-only for all its mounts. EBUSY while a file is open for writing.
int outpost_make_read_only(int mount_fd);
int outpost_openat2(int dirfd, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
int outpost_exchange(const char *first, const char *second);
// Returns 1 for a directory of a cgroup file system of either version, also of a removed cgroup, and 0 otherwise.
int outpost_is_cgroup(int fd);
int outpost_pivot_root(const char *new_root);
int outpost_mknod(int dirfd, const char *path, unsigned mode, unsigned major, unsigned minor);
int outpost_drop_capabilities(uint64_t keep);
int outpost_set_parent_death_signal(int signal);
int outpost_set_dumpable(int value);
int outpost_no_new_privileges(void);
int outpost_loop_free_number(int control_fd);
int outpost_loop_configure(int loop_fd, int backing_fd, int direct_io);
int outpost_loop_backing(int loop_fd, uint64_t *device, uint64_t *inode);
int outpost_set_subreaper(void);
// A file with a temporary name, which replaces the entry at its path when it is complete. All client files in a sandbox
// are written like this.
int outpost_open_draft(const char *_Nonnull draft, mode_t mode);
int outpost_place_draft(int fd, mode_t mode, const char *_Nonnull draft, const char *_Nonnull path);
// Sets the saved ids to the real ids.
int outpost_stay_owners(void);
// Returns freed memory to the kernel (malloc_trim(3)).
void outpost_trim_memory(void);
void outpost_map_large_blocks(int bytes);

// The most descriptors in one message.
enum { OUTPOST_FDS_MAX = 32 };
// Sends `size` bytes with up to OUTPOST_FDS_MAX descriptors; returns the bytes sent or -errno.
ssize_t outpost_send(int socket, const void *bytes, size_t size, const int *_Nullable fds, size_t fd_count, int flags);
// Receives one message. `fd_count` is the room for descriptors before the call and their number after it. Received
// descriptors are close-on-exec. Returns -EMSGSIZE for a truncated message. If descriptors are lost, none is returned.
ssize_t outpost_receive(int socket, void *bytes, size_t size, int *_Nullable fds, size_t *fd_count, int flags);

// Constants that Swift does not import, because they are casts or need other headers.
extern const uint32_t OUTPOST_EPOLLIN, OUTPOST_EPOLLOUT, OUTPOST_EPOLLHUP, OUTPOST_EPOLLERR;
extern const uint64_t OUTPOST_CLONE_SANDBOX, OUTPOST_CLONE_NEWCGROUP, OUTPOST_CLONE_NEWIPC, OUTPOST_CLONE_NEWNS;
extern const unsigned OUTPOST_OPEN_TREE_CLONE, OUTPOST_OPEN_TREE_BELOW;
extern const uint64_t OUTPOST_ATTR_RDONLY, OUTPOST_ATTR_NOSUID, OUTPOST_ATTR_NODEV, OUTPOST_ATTR_NOEXEC, OUTPOST_ATTR_NOATIME,
    OUTPOST_ATTR_NOSYMFOLLOW;
extern const uint64_t OUTPOST_MS_NOSUID, OUTPOST_MS_NODEV, OUTPOST_MS_NOEXEC, OUTPOST_MS_RDONLY, OUTPOST_MS_BIND, OUTPOST_MS_PRIVATE_REC;
extern const int OUTPOST_PR_PDEATHSIG, OUTPOST_PR_DUMPABLE, OUTPOST_PR_NO_NEW_PRIVS, OUTPOST_PR_KEEPCAPS,
    OUTPOST_PR_SECUREBITS;
extern const uint64_t OUTPOST_RESOLVE_BENEATH, OUTPOST_RESOLVE_NO_MAGICLINKS, OUTPOST_RESOLVE_NO_SYMLINKS;

#pragma clang assume_nonnull end
#endif
