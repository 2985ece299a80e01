// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CSeccomp
import OutpostCore

extension SeccompProfile {
    /// Returns the profile of a preset: the standard profile with fewer or more calls.
    static func of(_ preset: SecurityPreset) -> SeccompProfile {
        switch preset {
        case .default: standard
        case .strict: strict
        case .debug: debug
        }
    }

    /// Calls that ordinary computations do not need, and that were or may be used to attack others.
    private static let strictRemovals: Set<String> = [
        // Device nodes, message queues and shared memory that outlive their creator.
        "mknod", "mknodat", "mq_open", "mq_unlink", "mq_timedsend", "mq_timedreceive", "mq_notify", "mq_getsetattr",
        "shmget", "shmat", "shmdt", "shmctl", "semget", "semop", "semctl", "semtimedop", "msgget", "msgsnd", "msgrcv",
        "msgctl",
        // Watches on inodes that other sandboxes share.
        "inotify_init", "inotify_init1", "inotify_add_watch", "inotify_rm_watch",
        // Extended attributes. Most memory faults of file systems were in this code.
        "setxattr", "lsetxattr", "fsetxattr", "setxattrat", "removexattr", "lremovexattr", "fremovexattr",
        "removexattrat",
        // Scheduling and memory placement. They only reveal facts about the host.
        "sched_setparam", "sched_setscheduler", "sched_setattr", "ioprio_set", "ioprio_get", "mbind", "set_mempolicy",
        "get_mempolicy",
        // Flushes of the host's disks.
        "sync", "syncfs", "sync_file_range",
        "vmsplice", "mlockall", "pkey_alloc", "pkey_free", "pkey_mprotect",
    ]

    /// The profile of the preset `strict`.
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

    /// The profile of the preset `debug`.
    static let debug: SeccompProfile = {
        var profile = standard
        profile.refused = profile.refused.map { entry in
            Refused(
                reason: entry.reason, error: entry.error, names: entry.names.filter { !debugging.contains($0) })
        }
        profile.allowed.append(
            Allowed(
                reason: "debuggers; the pid namespace has only the sandbox, and the agent has another user id",
                names: debugging.sorted()))
        // ADDR_NO_RANDOMIZE. Without it the addresses in a debugger change from run to run.
        profile.allowedArguments.append(
            ArgumentRule(
                reason: "fixed addresses while debugging", name: "personality", error: 0,
                conditions: [Condition(argument: 0, mask: nil, comparison: SCMP_CMP_EQ, value: 0x40000)]))
        return profile
    }()
}
