# SPDX-FileCopyrightText: Outpost Sandboxes contributors
# SPDX-License-Identifier: Apache-2.0
"""The sets of flags (`f.` in descriptions.txt) and of values (`e.`) that calls take, as Linux has them on x86-64.

Where another architecture has other bits they are odd values there, which calls must bear as well.
"""

# What may be put together; the first alone is the most ordinary.
FLAGS = {
    "accept": (0, 0x800, 0x80000),
    "at": (0, 0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000, 0x4000),
    "cloexec": (0, 0x80000, 0x800, 0x80800),
    # SIGCHLD; PARENT, FILES, FS, SYSVSEM, PARENT_SETTID, UNTRACED, IO, and SIGKILL as the signal of the end.
    "clone": (17, 0x8011, 0x411, 0x211, 0x40011, 0x800011, 0x80000011, 9),
    # What threads have, whose stack is a page of zeroes: it falls over at once, in the middle of its process.
    "clone_thread": (0x50F00, 0x100, 0x900, 0x4100, 0x100000, 0x200000, 0x1000000),
    "close_range": (4, 2, 6),
    "eventfd": (0, 1, 0x800, 0x80000),
    "fallocate": (0, 1, 3, 8, 0x10, 0x11, 0x20, 0x40),
    "flock": (2, 1, 8, 4, 6, 5),
    "futex2": (2, 0x80, 0x82, 0, 1, 3, 4),
    "get_mempolicy": (0, 1, 2, 4, 3),
    "inotify": (0xFFF, 2, 0x100, 0x200, 0x1000000, 0x2000000, 0x4000000, 0x20000000, 0x80000000),
    "ipc": (0o1600, 0o600, 0o3600, 0o4000, 0o10000, 0),
    "landlock_restrict": (0, 1, 2, 4),
    "landlock_version": (1, 2, 0),
    "map": (1, 2, 3, 0x10, 0x8000, 0x2000, 0x40000, 0x80000, 0x100, 0x4000, 0x20000),
    "map_anonymous": (0x22, 0x21, 0x10, 0x8000, 0x4000, 0x2000, 0x100, 0x100000, 0x40000, 0x40),
    "mbind": (0, 1, 2, 4),
    "membarrier": (0, 1),
    "memfd": (0, 1, 2, 3, 4, 8, 0x10),
    "mlockall": (1, 2, 4, 7),
    "mremap": (1, 3, 5, 7, 0),
    "msg": (0x40, 0, 1, 2, 4, 8, 0x10, 0x20, 0x80, 0x100, 0x800, 0x2000, 0x4000, 0x8000, 0x40000, 0x4000000,
            0x20000000, 0x40000000),
    "msgflag": (0o4000, 0, 0o10000, 0o20000, 0o40000),
    "msync": (4, 1, 2, 6),
    "open": (0o102, 0, 1, 2, 0o100, 0o200, 0o1000, 0o2000, 0o4000, 0o10000, 0o40000, 0o200000, 0o400000, 0o1000000,
             0o2000000, 0o4010000, 0o10000000),
    "open_mq": (0o102, 0o4102, 0o302, 2, 0),
    "pidfd": (0, 0x800, 0x80),
    "pipe": (0, 0x800, 0x80000, 0x4000, 0x80),
    "pkey": (0, 1, 2, 3),
    "prot": (3, 1, 2, 4, 5, 7, 0, 0x1000000, 0x2000000),
    "ptrace_options": (1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x100000, 0x200000),
    "random": (0, 1, 2, 4),
    "rename": (0, 1, 2, 4),
    "rwf": (0, 1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80),
    "seals": (0, 1, 2, 4, 8, 0x10, 0x20),
    "shadow": (0, 1),
    "shmat": (0, 0o10000, 0o20000, 0o40000, 0o100000),
    "sock_type": (1, 2, 5, 0x801, 0x802, 0x80005),
    "splice": (0, 1, 2, 4, 8, 3),
    "status": (0, 0o2000, 0o4000, 0o20000, 0o40000, 0o1000000),
    "statx": (0x7FF, 0xFFF, 0x2000, 0x4000, 0x8000, 0x10000, 0x20000000),
    "sync_range": (0, 1, 2, 4, 7),
    "timer": (0, 1, 2, 3),
    "wait": (1, 0, 2, 8, 0x20000000, 0x40000000, 0x80000000),
    "waitid": (5, 1, 4, 2, 8, 0x1000005, 0x40000004),
    "xattr": (0, 1, 2, 4),
}

VALUES = {
    "access": range(8), "advice": range(8), "bool": (0, 1), "dgram": (2, 0x802), "stream": (1, 0x801), "netlink": (2, 3),
    "arch_prctl": (0x1002, 0x1003, 0x1004, 0x1011, 0x1012, 0x1021, 0x1022, 0x1023, 0x4001, 0x4002, 0x4003, 0x4004,
                   0x5001, 0x5002, 0x5003, 0x5005),
    "clock": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 16, -2, -6, -7),
    "dupfd": (0, 1030, 1027), "epoll_op": (1, 3, 2, 1, 9), "family": range(46),
    "fcntl_get": (1, 3, 9, 11, 16, 1025, 1028, 1032, 1034, 1035, 1037),
    "fcntl_lock": (5, 6, 7, 36, 37, 38), "rw_hint": (1036, 1038),
    "futex": (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 0x80, 0x81, 0x86, 0x87, 0x89, 0x8A, 0x109, 0x189),
    "futex_requeue": (3, 4, 5, 12, 0x83, 0x84, 0x85, 0x8C), "idtype": range(4),
    "ioctl_any": (0x5421, 0x5450, 0x5451, 0x5452, 0x541B, 0x5460, 0x8901, 0x8902, 0x8903, 0x8904, 0x80087601,
                  0x80086601, 0xC0045877, 0xC0045878, 0x1, 0x2, 0xC0185879, 0x5411),
    "ioctl_sock": tuple(range(0x8901, 0x8908)) + tuple(range(0x8910, 0x8928)) + (
        0x8933, 0x8942, 0x8946, 0x8948, 0x894B, 0x8953, 0x8955, 0x8970, 0x8982, 0x89A0, 0x89E0, 0x890B),
    "ioctl_tty": tuple(range(0x5401, 0x5422)) + (0x5423, 0x5424, 0x5425, 0x5429, 0x542A, 0x5440, 0x80045430,
                                                 0x40045431, 0x5441, 0x540E, 0x80045438, 0x80045439),
    "ioctl_fs": (0x40086602, 0x40086604, 0x401C5820, 0x801C581F, 0xC020660B, 0x40049409, 0x4020940D, 0xC0189436,
                 0x40086610, 0x6612, 0x4004662B, 0x8010581D, 0xC0045878, 0xC0406611, 0x40305839, 0x80086604, 0x40046629),
    "ioprio_which": (1, 2, 3), "prio_which": (0, 1, 2),
    "ipopt": tuple(range(1, 36)) + (41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 55, 57, 59, 61, 66, 67, 70, 72, 74, 75, 76),
    "itimer": (0, 1, 2), "kcmp": range(9), "key": (0, 0, 1, 2, 0x0C0FFEE), "level": (0, 1, 6, 17, 41, 58, 270, 263, 255),
    "madvise": (0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 100, 101, 102, 103),
    "membarrier": (0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
    "mempolicy": (0, 1, 2, 3, 4, 5, 6, 0x8001, 0x8002, 0x8003, 0x4003, 0x2002),
    "personality": (0, 0x20000, 8, 0x20008, 0xFFFFFFFF, 0x40000, 0x400000), "pidfd_scope": (0, 1, 2, 4),
    "policy": (0, 1, 2, 3, 5, 6, 7, 0x40000000),
    "prctl_get": (2, 3, 5, 7, 9, 11, 13, 16, 19, 21, 23, 25, 27, 30, 34, 37, 39, 40, 42, 44, 46, 48, 51, 56, 58, 64, 66,
                  68, 70, 74),
    "prctl_set": (1, 4, 6, 8, 10, 12, 14, 20, 22, 24, 26, 28, 29, 31, 32, 33, 35, 36, 38, 41, 43, 45, 47, 49, 50, 52, 53,
                  54, 55, 57, 59, 61, 62, 63, 65, 67, 69, 71, 72, 73, 75, 76),
    "ptrace": (1, 2, 4, 12, 13, 0x4204, 0x4205, 0x4201, 0x4202, 0x4203, 0x4209, 0x420A, 0x420B, 0x420D, 0x420E, 0x420F),
    "ptrace_state": (0, 7, 8, 9, 16, 17, 24, 0x4206, 0x4207, 0x4208, 31),
    "rlimit": range(16), "rusage": (0, -1, 1), "seccomp": (0, 1, 2, 3),
    "semctl": (0, 1, 2, 3, 11, 12, 13, 14, 15, 16, 17, 18),
    "shmctl": (0, 1, 2, 3, 11, 12, 13, 14, 15), "shutdown": (0, 1, 2), "sigmask": (0, 1, 2),
    "sockopt": tuple(range(1, 84)), "socktype": (1, 2, 3, 4, 5, 6, 10), "tcpopt": tuple(range(1, 46)),
    "udpopt": (1, 100, 101, 102, 103, 104), "unlink": (0, 0x200), "whence": range(5),
}

# Where there is something: what a run may write, what all sandboxes see, and what the kernel tells.
WRITABLE = ("a", "b", "d/c", "d", "link", "fifo", "/tmp/a", "/tmp/d/b", "/dev/shm/a", "/dev/shm/b", "/tmp/socket", ".",
            "d/d2", "x" * 255, "d/../a", "a/", "")
SHARED = ("/usr/bin/true", "/usr/lib/os-release", "/usr", "/usr/share", "/etc", "/etc/passwd", "/dev/null", "/dev/zero",
          "/dev/full", "/dev/random", "/dev/urandom", "/usr/bin/python3", "/", "/dev", "/proc/self/exe", "/proc/self/root",
          "/dev/shm", "/dev/pts", "/dev/tty", "/etc/ld.so.cache")
PROC = tuple("/proc/self/" + name for name in (
    "mem", "maps", "smaps", "fd", "task", "fdinfo", "ns/net", "ns/user", "ns/mnt", "ns/pid", "oom_score_adj", "comm",
    "timers", "attr/current", "environ", "auxv", "stat", "status", "wchan", "stack", "syscall", "pagemap", "clear_refs",
    "coredump_filter", "uid_map", "gid_map", "setgroups", "loginuid", "mountinfo", "io", "net/tcp", "net/unix", "cgroup",
    "fd/0", "fd/1", "fd/2", "fd/3", "limits", "sched", "autogroup", "make-it-fail", "timerslack_ns", "numa_maps", "cwd",
)) + tuple("/proc/" + name for name in (
    "1/fd", "1/exe", "1/mem", "1/ns/net", "1/root", "sys/kernel/ns_last_pid", "sys/fs/mqueue/queues_max", "meminfo",
    "sys/net/ipv4/ip_forward", "sys/net/core/rmem_max", "sys/net/unix/max_dgram_qlen", "sys/net/ipv4/tcp_mem", "sysvipc/shm",
    "sys/kernel/shmmax", "sys/kernel/msgmax", "sys/kernel/sem", "sys/user/max_inotify_instances", "net/netlink", "locks",
    "swaps", "partitions", "self", "thread-self/comm", "pressure/memory", "kmsg", "vmstat", "zoneinfo", "buddyinfo"))
PROGRAMS = ("/usr/bin/true", "/usr/bin/sleep", "/proc/self/exe", "a", "/tmp/a", "/usr/bin/id", "/dev/null")
ODD = (0, 1, -1, -2, 2, 3, 7, 8, 63, 64, 255, 256, 4095, 4096, 65535, 65536, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF,
       0x100000000, 0x7FFFFFFFFFFFFFFF, -0x8000000000000000, 0x8000000000000001)
SIZES = (0, 1, 2, 7, 8, 16, 64, 255, 512, 4095, 4096, 4097, 8192, 65535, 65536, 0x40000)
SIGNALS = (0, 10, 12, 14, 17, 18, 19, 20, 21, 22, 28, 1, 2, 3, 13, 15, 5, 6, 9, 11, 34, 40, 64)
