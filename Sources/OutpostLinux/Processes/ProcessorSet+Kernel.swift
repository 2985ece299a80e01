// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
public import OutpostCore

extension ProcessorSet {
    /// The CPU affinity of this thread (sched_getaffinity(2)). A cpuset or a service's `CPUAffinity=` can make it smaller
    /// than the host. Empty if the kernel cannot tell it.
    public static func allowed() -> ProcessorSet {
        var words = [UInt64](repeating: 0, count: 128)
        let size = words.count * MemoryLayout<UInt64>.size
        let result = words.withUnsafeMutableBytes { buffer in
            buffer.baseAddress.map { outpost_affinity(0, $0, size, 0) } ?? -1
        }
        return result >= 0 ? ProcessorSet(words: words) : ProcessorSet()
    }

    /// Sets the CPU affinity of a thread; its later children inherit it. There is no effect when the set is empty, the thread
    /// has ended, or none of the processors exists. The CPU quota of the cgroup applies in any case.
    ///
    /// The thread can later choose other processors (sched_setaffinity(2)); only a cpuset cgroup could prevent that. It does
    /// not get more CPU time that way.
    ///
    /// - Parameter thread: a thread id, 0 for the calling thread. Another user's thread needs CAP_SYS_NICE.
    public func setAffinity(of thread: Int32) {
        if isEmpty { return }
        words.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress else { return }
            _ = outpost_affinity(thread, UnsafeMutableRawPointer(mutating: start), buffer.count, 1)
        }
    }
}
