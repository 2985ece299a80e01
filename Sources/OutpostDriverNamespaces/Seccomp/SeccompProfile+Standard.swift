// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CSeccomp

extension SeccompProfile {
    /// The calls that programs may make.
    static let standardAllowed: [Allowed] = [
        Allowed(
            reason: "reading, writing and waiting on open files",
            names: [
                "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2", "pwritev2",
                "close", "close_range", "lseek", "dup", "dup2", "dup3", "fcntl", "ioctl", "pipe", "pipe2", "poll",
                "ppoll", "select", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait",
                "epoll_pwait", "epoll_pwait2", "eventfd", "eventfd2", "signalfd", "signalfd4", "timerfd_create",
                "timerfd_settime", "timerfd_gettime", "sendfile", "splice", "tee", "vmsplice", "copy_file_range",
                "readahead", "fadvise64", "cachestat",
            ]),
        Allowed(
            reason: "files and folders; the sandbox's mounts limit them",
            names: [
                "open", "openat", "openat2", "creat", "stat", "fstat", "lstat", "newfstatat", "statx", "access",
                "faccessat", "faccessat2", "getdents", "getdents64", "getcwd", "chdir", "fchdir", "rename", "renameat",
                "renameat2", "mkdir", "mkdirat", "rmdir", "link", "linkat", "symlink", "symlinkat", "unlink",
                "unlinkat", "readlink", "readlinkat", "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown",
                "lchown", "fchownat", "umask", "truncate", "ftruncate", "fallocate", "fsync", "fdatasync",
                "sync_file_range", "syncfs", "sync", "statfs", "fstatfs", "utime", "utimes", "utimensat",
                "futimesat", "flock", "setxattr", "lsetxattr", "fsetxattr", "getxattr", "lgetxattr", "fgetxattr",
                "listxattr", "llistxattr", "flistxattr", "removexattr", "lremovexattr", "fremovexattr", "setxattrat",
                "getxattrat", "listxattrat", "removexattrat", "inotify_init", "inotify_init1", "inotify_add_watch",
                "inotify_rm_watch",
            ]),
        Allowed(
            reason: "FIFOs; in a user namespace the kernel refuses device nodes", names: ["mknod", "mknodat"]),
        Allowed(
            reason: "memory",
            names: [
                "brk", "mmap", "munmap", "mremap", "mprotect", "madvise", "mincore", "msync", "mlock", "mlock2",
                "mlockall", "munlock", "munlockall", "memfd_create", "pkey_alloc", "pkey_free", "pkey_mprotect",
                "mseal", "membarrier", "get_mempolicy", "set_mempolicy", "mbind", "map_shadow_stack",
            ]),
        Allowed(
            reason: "processes and threads of the sandbox",
            names: [
                "fork", "vfork", "execve", "execveat", "exit", "exit_group", "wait4", "waitid", "getpid", "getppid",
                "gettid", "getpgid", "getpgrp", "getsid", "setpgid", "setsid", "set_tid_address", "set_robust_list",
                "get_robust_list", "futex", "futex_waitv", "futex_wake", "futex_wait", "futex_requeue", "rseq",
                "arch_prctl", "prctl", "sched_yield", "sched_getaffinity", "sched_setaffinity", "sched_getparam",
                "sched_setparam", "sched_getscheduler", "sched_setscheduler", "sched_getattr", "sched_setattr",
                "sched_get_priority_max", "sched_get_priority_min", "sched_rr_get_interval", "getpriority",
                "setpriority", "ioprio_get", "ioprio_set", "getcpu", "getrusage", "times", "getrlimit", "setrlimit",
                "prlimit64", "sysinfo", "uname", "pidfd_open", "pidfd_send_signal", "restart_syscall",
                "set_thread_area", "get_thread_area",
            ]),
        Allowed(
            reason: "user ids; without capabilities these calls change nothing important",
            names: [
                "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid", "getgroups", "setuid", "setgid",
                "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid", "capget",
                "capset",
            ]),
        Allowed(
            reason: "signals, within the sandbox's own pid namespace",
            names: [
                "kill", "tkill", "tgkill", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending",
                "rt_sigtimedwait", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "rt_sigsuspend", "sigaltstack", "pause",
            ]),
        Allowed(
            reason: "reading clocks, and timers",
            names: [
                "time", "gettimeofday", "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "alarm",
                "getitimer", "setitimer", "timer_create", "timer_settime", "timer_gettime", "timer_getoverrun",
                "timer_delete",
            ]),
        Allowed(
            reason: "sockets; the network namespace has only loopback, and other rules check the families",
            names: [
                "socket", "socketpair", "bind", "connect", "listen", "accept", "accept4", "getsockname",
                "getpeername", "getsockopt", "setsockopt", "sendto", "recvfrom", "sendmsg", "recvmsg", "sendmmsg",
                "recvmmsg", "shutdown",
            ]),
        Allowed(
            reason: "System V and POSIX IPC, in an IPC namespace of the sandbox's own",
            names: [
                "shmget", "shmat", "shmdt", "shmctl", "semget", "semop", "semctl", "semtimedop", "msgget", "msgsnd",
                "msgrcv", "msgctl", "mq_open", "mq_unlink", "mq_timedsend", "mq_timedreceive", "mq_notify",
                "mq_getsetattr",
            ]),
        Allowed(
            reason: "random numbers, and programs that sandbox themselves",
            names: ["getrandom", "seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"]),
    ]

    /// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET.
    static let namespaceFlags: UInt64 = 0x7e02_0000

    /// The calls that are allowed only with these arguments.
    static let standardAllowedArguments: [ArgumentRule] =
        [
            ArgumentRule(
                reason: "threads and processes, but no namespaces: they would give capabilities", name: "clone",
                error: 0,
                conditions: [Condition(argument: 0, mask: namespaceFlags, comparison: SCMP_CMP_MASKED_EQ, value: 0)])
        ]
        // PER_LINUX, UNAME26, PER_LINUX32, the last two together, and the query. None of them disables a protection of
        // the address space.
        + [0x0, 0x20000, 0x8, 0x20008, 0xffff_ffff].map { value in
            ArgumentRule(
                reason: "personalities that disable no protection", name: "personality", error: 0,
                conditions: [Condition(argument: 0, mask: nil, comparison: SCMP_CMP_EQ, value: value)])
        }

    // The list does not contain `ustat`, so the result is ENOSYS. For each file system that is mounted anywhere on the
    // host, `ustat` takes the device number and returns the free blocks and inodes (fs/statfs.c, `vfs_ustat`). One
    // tenant could use it to observe the disk and /tmp of another.
    static let standardRefused: [Refused] = [
        Refused(
            reason: "needs a privilege that no sandbox has; programs expect EPERM and go on", error: permissionError,
            names: [
                "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount",
                "fspick", "mount_setattr", "setns", "unshare", "swapon", "swapoff", "reboot", "sethostname",
                "setdomainname", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load",
                "acct", "quotactl", "quotactl_fd", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex",
                "syslog", "vhangup", "iopl", "ioperm", "open_by_handle_at", "name_to_handle_at", "fanotify_init",
                "fanotify_mark", "nfsservctl", "lookup_dcookie",
            ]),
        Refused(
            reason: "reaches into other processes or the kernel", error: permissionError,
            names: [
                "bpf", "perf_event_open", "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise",
                "process_mrelease", "pidfd_getfd", "kcmp", "move_pages", "migrate_pages", "modify_ldt", "userfaultfd",
            ]),
        // The flags of clone3 are behind a pointer, which a filter cannot read. Every library falls back to clone,
        // whose flags can be checked.
        Refused(
            reason: "cannot be checked, or is a large attack surface; after ENOSYS libraries use a fallback",
            error: unknownError,
            names: [
                "clone3", "io_uring_setup", "io_uring_enter", "io_uring_register", "keyctl", "add_key", "request_key",
                "memfd_secret", "remap_file_pages",
            ]),
    ]
}
