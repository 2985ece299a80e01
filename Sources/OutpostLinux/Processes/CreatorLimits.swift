// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Limits of this process that live on in the user namespaces that it makes.
public enum CreatorLimits {
    /// Takes the limits off processes, pending signals, message queues and locked memory. A user namespace remembers those of
    /// the process that made it, and they then hold for the sum of what is counted to its owner (kernel/user_namespace.c,
    /// `set_userns_rlimit_max`, Linux 5.14), which for copies of one interpreter are all of them; programs get limits of their
    /// own, and their cgroup bounds processes. The limit on core dumps goes as well, since programs must be able to have one of
    /// 1 byte. Without CAP_SYS_RESOURCE (setrlimit(2)) they stay at the most that this process may have.
    public static func lift(_ kinds: [ResourceLimit] = all) {
        for kind in kinds {
            let resource = __rlimit_resource_t(UInt32(kind.rawValue))
            var limit = rlimit(rlim_cur: rlim_t.max, rlim_max: rlim_t.max)
            if setrlimit(resource, &limit) == 0 { continue }
            guard getrlimit(resource, &limit) == 0 else { continue }
            limit.rlim_cur = limit.rlim_max
            _ = setrlimit(resource, &limit)
        }
    }

    public static let all = [ResourceLimit.processes, .pendingSignals, .messageQueueBytes, .lockedMemory, .coreSize]

    /// What this process may have of it; 0 when the kernel does not know it.
    public static func most(_ kind: ResourceLimit) -> UInt64 {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(UInt32(kind.rawValue)), &limit) == 0 else { return 0 }
        return UInt64(limit.rlim_cur)
    }
}
