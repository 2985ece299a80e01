// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
public import OutpostCore

extension ProcessorSet {
    /// Those on which this thread may run (sched_getaffinity(2)): not all of the host's where a cpuset or a service's
    /// `CPUAffinity=` bounds the server. Empty where the kernel does not say.
    public static func allowed() -> ProcessorSet {
        var words = [UInt64](repeating: 0, count: 128)
        let size = words.count * MemoryLayout<UInt64>.size
        let result = words.withUnsafeMutableBytes { buffer in
            buffer.baseAddress.map { outpost_affinity(0, $0, size, 0) } ?? -1
        }
        return result >= 0 ? ProcessorSet(words: words) : ProcessorSet()
    }

    /// Has a thread, and what it starts from now on, run on these only. No effect when the set is empty, when the thread is
    /// gone, or when none of these is there any more: the quota of its cgroup holds in any case.
    ///
    /// The thread may choose others for itself later (sched_setaffinity(2)), which only a cpuset cgroup could refuse. That
    /// gives it no more time, only another place.
    ///
    /// - Parameter thread: 0 for the calling one. Another user's needs CAP_SYS_NICE.
    public func setAffinity(of thread: Int32) {
        if isEmpty { return }
        words.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress else { return }
            _ = outpost_affinity(thread, UnsafeMutableRawPointer(mutating: start), buffer.count, 1)
        }
    }
}
