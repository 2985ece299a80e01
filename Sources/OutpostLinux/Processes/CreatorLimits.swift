// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Limits of this process that live on in the user namespaces that it makes.
public enum CreatorLimits {
    /// Takes the limits off processes, pending signals, message queues and locked memory. A user namespace remembers those of
    /// the process that made it, and they then hold for the sum of what is counted to its owner (kernel/user_namespace.c,
    /// `set_userns_rlimit_max`, Linux 5.14), which for copies of one interpreter are all of them; programs get limits of their
    /// own, and their cgroup bounds processes. The limit on core dumps goes as well, since programs must be able to have one of
    /// 1 byte, and the bound of that on stacks, which only who has none can leave without. Without CAP_SYS_RESOURCE
    /// (setrlimit(2)) they stay at the most that this process may have.
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

    /// What holds for this process stays: without a limit of its stack what it executes would be laid out as thirty years ago,
    /// with less left to chance (arch/x86/mm/mmap.c, `mmap_is_legacy`).
    private static func liftBound(of kind: ResourceLimit) {
        let resource = __rlimit_resource_t(UInt32(kind.rawValue))
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return }
        limit.rlim_max = .max
        _ = setrlimit(resource, &limit)
    }

    /// The most that this process, and what it starts, may set this limit to.
    public static func bound(_ kind: ResourceLimit) -> UInt64 {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(UInt32(kind.rawValue)), &limit) == 0 else { return .max }
        return UInt64(limit.rlim_max)
    }

    public static let all = [
        ResourceLimit.processes, .pendingSignals, .messageQueueBytes, .lockedMemory, .coreSize, .stack,
    ]
}
