// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CSeccomp

extension SeccompProfile {
    /// The calls that are denied because of their arguments.
    static let standardDeniedArguments =
        devices + files + pageCache + processes + namespaces + families + transports + interfaces + socketOptions
        + hugePages + coreDumps + pipes

    /// Returns a rule that denies a call with these arguments.
    static func refuse(
        _ reason: String, _ name: String, _ error: UInt16, _ conditions: Condition...
    ) -> ArgumentRule {
        ArgumentRule(reason: reason, name: name, error: error, conditions: conditions)
    }

    private static let devices: [ArgumentRule] =
        // TIOCSTI, TIOCLINUX and TIOCSETD insert input into another terminal or change its configuration.
        [0x5412, 0x541c, 0x5423].map { refuse("terminal injection", "ioctl", permissionError, .equals(1, $0)) }
        // The ioctls of nsfs and pidfs (types 0xb7 and 0xff) return ids from counters of the whole host. They reveal
        // how many sandboxes were started in between (ioctl_nsfs(2); PIDFD_GET_INFO, Linux 6.13).
        + [0xb700, 0xff00].map {
            refuse("reads counters of the whole host", "ioctl", requestError, .equals(1, $0, under: 0xff00))
        }

    private static let files: [ArgumentRule] =
        // F_SETLEASE, F_NOTIFY and F_SETDELEG (Linux 6.19). Sandboxes share the inodes of the image. With these calls
        // one sandbox could watch or delay another.
        [1024, 1026, 1040].map {
            refuse("leases and notifications on shared inodes", "fcntl", permissionError, .equals(1, $0))
        }
        // STATX_MNT_ID_UNIQUE (Linux 6.8) returns a counter of all mounts since the host's start. With ENOSYS the C
        // library uses the older call, which has no such field.
        + [refuse("reads a counter of the whole host", "statx", unknownError, .equals(3, 0x4000, under: 0x4000))]

    /// All sandboxes share the page cache of `/usr`. A program that can empty it slows down all others, and can measure
    /// what they read next. These calls are only advice, and programs do not depend on them.
    private static let pageCache: [ArgumentRule] =
        [refuse("empties the host's page cache", "fadvise64", success, .equals(3, 4))]
        // MADV_COLD and MADV_PAGEOUT (Linux 5.4) are limited to owners of a file, but the sandbox's root owns /usr.
        // MADV_MERGEABLE, here and as PR_SET_MEMORY_MERGE (Linux 6.4), lets a program measure which pages others have
        // (KSM). A kernel without these features returns EINVAL (madvise(2)).
        + [12, 20, 21].map {
            refuse("shares memory pages with other sandboxes", "madvise", invalidError, .equals(2, $0))
        }

    private static let processes: [ArgumentRule] = [
        // PR_SET_MM.
        refuse("forged memory maps", "prctl", permissionError, .equals(0, 35)),
        refuse("shares memory pages with other sandboxes", "prctl", invalidError, .equals(0, 67)),
        // PR_SCHED_CORE (Linux 5.14). The other thread of a core would be idle unless it has a task with the same
        // cookie.
        refuse("reserves a whole core", "prctl", invalidError, .equals(0, 62)),
        // The machine code of filters comes from one pool of the host (net.core.bpf_jit_limit) and is charged to no
        // cgroup. A rule cannot check the length of a filter. About two dozen runs could use up the pool, and no other
        // run could start. A kernel without filters returns EINVAL (seccomp(2)), and programs then continue without a
        // filter.
        refuse("uses up the host's machine code for filters", "seccomp", invalidError, .equals(0, 1)),
        refuse("uses up the host's machine code for filters", "prctl", invalidError, .equals(0, 22), .equals(1, 2)),
    ]

    // The allow-list has `clone` only without these flags, and the default is ENOSYS. But a program that wants a
    // namespace must see that it is not permitted, and not that the call is missing.
    private static let namespaces: [ArgumentRule] =
        (0..<64).map { UInt64(1) << $0 }.filter { $0 & namespaceFlags != 0 }.map {
            refuse("namespaces would give capabilities", "clone", permissionError, .equals(0, $0, under: $0))
        }
}
