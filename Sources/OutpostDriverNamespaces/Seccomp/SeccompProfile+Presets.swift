// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CSeccomp
import OutpostCore

extension SeccompProfile {
    /// The profile of a preset: the standard one, with less or with more.
    static func of(_ preset: SecurityPreset) -> SeccompProfile {
        switch preset {
        case .default: standard
        case .strict: strict
        case .debug: debug
        }
    }

    /// What programs that compute do not need and that has been, or may be, a way to reach others.
    private static let strictRemovals: Set<String> = [
        // Nodes and messages that outlive their maker.
        "mknod", "mknodat", "mq_open", "mq_unlink", "mq_timedsend", "mq_timedreceive", "mq_notify", "mq_getsetattr",
        "shmget", "shmat", "shmdt", "shmctl", "semget", "semop", "semctl", "semtimedop", "msgget", "msgsnd", "msgrcv",
        "msgctl",
        // Watching inodes that are shared with other sandboxes.
        "inotify_init", "inotify_init1", "inotify_add_watch", "inotify_rm_watch",
        // Attributes, where file systems have had most of their memory faults.
        "setxattr", "lsetxattr", "fsetxattr", "setxattrat", "removexattr", "lremovexattr", "fremovexattr",
        "removexattrat",
        // Scheduling and placement, which only tells of the host.
        "sched_setparam", "sched_setscheduler", "sched_setattr", "ioprio_set", "ioprio_get", "mbind", "set_mempolicy",
        "get_mempolicy",
        // Flushing the host's disks.
        "sync", "syncfs", "sync_file_range",
        "vmsplice", "mlockall", "pkey_alloc", "pkey_free", "pkey_mprotect",
    ]

    static let strict: SeccompProfile = {
        var profile = standard
        profile.allowed = profile.allowed.map { entry in
            Allowed(reason: entry.reason, names: entry.names.filter { !strictRemovals.contains($0) })
        }
        return profile
    }()

    private static let debugging: Set<String> = [
        "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "kcmp",
    ]

    static let debug: SeccompProfile = {
        var profile = standard
        profile.refused = profile.refused.map { entry in
            Refused(
                reason: entry.reason, error: entry.error, names: entry.names.filter { !debugging.contains($0) })
        }
        profile.allowed.append(
            Allowed(
                reason: "debuggers; the pid namespace holds only the sandbox, and the agent has another id",
                names: debugging.sorted()))
        // ADDR_NO_RANDOMIZE, without which a debugger's addresses change from run to run.
        profile.allowedArguments.append(
            ArgumentRule(
                reason: "fixed addresses while debugging", name: "personality", error: 0,
                conditions: [Condition(argument: 0, mask: nil, comparison: SCMP_CMP_EQ, value: 0x40000)]))
        return profile
    }()
}
