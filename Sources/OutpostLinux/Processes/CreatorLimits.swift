// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Limits of this process that live on in the user namespaces that it makes.
public enum CreatorLimits {
    /// Takes the limits off pending signals, message queues and locked memory. A user namespace remembers those of the process
    /// that made it, and they then hold for the sum of what is counted to its owner (kernel/user_namespace.c,
    /// `set_userns_rlimit_max`, Linux 5.14); programs get limits of their own. And the limit of a stack's size, which only
    /// who has none can leave without. Without CAP_SYS_RESOURCE (setrlimit(2)) they
    /// stay at the most that this process may have.
    public static func lift() {
        for kind in [ResourceLimit.pendingSignals, .messageQueueBytes, .lockedMemory, .stack] {
            let resource = __rlimit_resource_t(UInt32(kind.rawValue))
            var limit = rlimit(rlim_cur: rlim_t.max, rlim_max: rlim_t.max)
            if setrlimit(resource, &limit) == 0 { continue }
            guard getrlimit(resource, &limit) == 0 else { continue }
            limit.rlim_cur = limit.rlim_max
            _ = setrlimit(resource, &limit)
        }
    }
}
