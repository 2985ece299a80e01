// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The resource limits of this process that the user namespaces it makes inherit.
public enum CreatorLimits {
    /// Raises resource limits of this process to no limit. Without CAP_SYS_RESOURCE each goes up to its hard limit only
    /// (setrlimit(2)).
    ///
    /// A user namespace keeps its creator's limits on processes, pending signals, message queues and locked memory. They then
    /// apply to the sum over the namespace's owner (kernel/user_namespace.c, `set_userns_rlimit_max`, Linux 5.14), and forks
    /// of one interpreter all have the same owner. Programs get limits of their own, and their cgroup limits processes.
    ///
    /// The core dump limit is raised because programs need one of 1 byte. Of the stack only the hard limit is raised, because
    /// a program cannot exceed it.
    public static func lift(_ kinds: [ResourceLimit] = all) {
        for kind in kinds {
            if kind == .stack {
                liftBound(of: kind)
                continue
            }
            let resource = __rlimit_resource_t(UInt32(kind.rawValue))
            var limit = rlimit(rlim_cur: rlim_t.max, rlim_max: rlim_t.max)
            if setrlimit(resource, &limit) == 0 { continue }
            guard getrlimit(resource, &limit) == 0 else { continue }
            limit.rlim_cur = limit.rlim_max
            _ = setrlimit(resource, &limit)
        }
    }

    /// Raises only the hard limit. Without a soft limit on the stack, the kernel would use the legacy memory layout with less
    /// randomization for each program that is executed (arch/x86/mm/mmap.c, `mmap_is_legacy`).
    private static func liftBound(of kind: ResourceLimit) {
        let resource = __rlimit_resource_t(UInt32(kind.rawValue))
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_max = .max
        _ = setrlimit(resource, &limit)
    }

    /// The hard limit of this process, which its children inherit.
    public static func bound(_ kind: ResourceLimit) -> UInt64 {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(UInt32(kind.rawValue)), &limit) == 0 else { return .max }
        return UInt64(limit.rlim_max)
    }

    /// The limits that `lift` raises.
    public static let all = [
        ResourceLimit.processes, .pendingSignals, .messageQueueBytes, .lockedMemory, .coreSize, .stack,
    ]
}
