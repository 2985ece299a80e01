// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CSeccomp

extension SeccompProfile {
    static let standardDeniedArguments =
        devices + files + pageCache + processes + namespaces + families + transports + interfaces + socketOptions
        + hugePages + coreDumps + pipes

    static func refuse(
        _ reason: String, _ name: String, _ error: UInt16, _ conditions: Condition...
    ) -> ArgumentRule {
        ArgumentRule(reason: reason, name: name, error: error, conditions: conditions)
    }

    private static let devices: [ArgumentRule] =
        // TIOCSTI, TIOCLINUX and TIOCSETD type into, or reconfigure, a terminal of somebody else.
        [0x5412, 0x541c, 0x5423].map { refuse("terminal injection", "ioctl", permissionError, .equals(1, $0)) }
        // The ioctls of nsfs and pidfs (types 0xb7 and 0xff) answer with ids that the kernel counts up for the whole host,
        // from which one reads how many sandboxes came in between (ioctl_nsfs(2); PIDFD_GET_INFO, Linux 6.13).
        + [0xb700, 0xff00].map {
            refuse("counters of the whole host", "ioctl", requestError, .equals(1, $0, under: 0xff00))
        }

    private static let files: [ArgumentRule] =
        // F_SETLEASE, F_NOTIFY and F_SETDELEG (Linux 6.19): inodes of the image are shared, so one sandbox could watch or
        // stall another.
        [1024, 1026, 1040].map {
            refuse("leases and notifications on shared inodes", "fcntl", permissionError, .equals(1, $0))
        }
        // STATX_MNT_ID_UNIQUE (Linux 6.8) counts mounts since the host's start. ENOSYS, since the C library then takes the
        // older call, which has no such field.
        + [refuse("a counter of the whole host", "statx", unknownError, .equals(3, 0x4000, under: 0x4000))]

    /// The page cache of `/usr` is everybody's. Whoever can empty it slows all others down, and can tell by the clock what
    /// they read next. All of this is advice, which programs do not depend on.
    private static let pageCache: [ArgumentRule] =
        [refuse("empties the host's page cache", "fadvise64", success, .equals(3, 4))]
        // MADV_COLD and MADV_PAGEOUT (Linux 5.4), which only owners of a file may use: the sandbox's root is the owner of
        // /usr. MADV_MERGEABLE, here and as PR_SET_MEMORY_MERGE (Linux 6.4), lets one tell by the clock what pages others
        // have (KSM). EINVAL is the answer of a kernel without them (madvise(2)).
        + [12, 20, 21].map { refuse("pages in common with others", "madvise", invalidError, .equals(2, $0)) }

    private static let processes: [ArgumentRule] = [
        // PR_SET_MM.
        refuse("forged memory maps", "prctl", permissionError, .equals(0, 35)),
        refuse("pages in common with others", "prctl", invalidError, .equals(0, 67)),
        // PR_SCHED_CORE (Linux 5.14): a processor's other thread stands idle unless it has a task of the same cookie.
        refuse("takes half a core from everybody else", "prctl", invalidError, .equals(0, 62)),
        // The machine code of filters comes from one pool for the host (net.core.bpf_jit_limit) and is charged to no cgroup,
        // and how long a filter is cannot be seen here. Two dozen runs would leave none for the filters of the next ones.
        // EINVAL is the answer of a kernel without filters (seccomp(2)), with which programs go on without one.
        refuse("uses up the host's machine code for filters", "seccomp", invalidError, .equals(0, 1)),
        refuse("uses up the host's machine code for filters", "prctl", invalidError, .equals(0, 22), .equals(1, 2)),
    ]

    // The list of what is allowed has clone without these flags only, and no call by default: but to a program that tries, a
    // namespace is a thing it may not have, not a call that is missing.
    private static let namespaces: [ArgumentRule] =
        (0..<64).map { UInt64(1) << $0 }.filter { $0 & namespaceFlags != 0 }.map {
            refuse("namespaces would give capabilities", "clone", permissionError, .equals(0, $0, under: $0))
        }
}
