// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost

/// The time that a thread gets at once while others wait for the same processor (sched_setattr(2), `sched_runtime`).
///
/// Since Linux 6.12 a thread that wakes takes the processor from a thread with a longer slice. With the kernel's usual slice
/// it would wait until that slice ends, which takes milliseconds. The share of the processor does not change. An older
/// kernel ignores the value.
public enum TimeSlice {
    /// Nanoseconds. A tenth of the kernel's usual slice, and longer than most calls need.
    public static let short: UInt64 = 300_000

    /// Asks for a short slice for this thread. Has no effect when the kernel refuses it.
    ///
    /// - Parameter forChildren: whether the threads and processes that this thread makes get it too. Otherwise they get the
    ///   kernel's usual slice.
    public static func shorten(forChildren: Bool) {
        guard var words = attributes() else { return }
        words[flags] = forChildren ? 0 : resetOnFork
        words[runtime] = short
        // The last argument is the flags of sched_setattr(2), and the size for sched_getattr(2).
        _ = outpost_scheduling(1, &words, 0)
    }

    /// The slice of this thread in nanoseconds; 0 when the kernel does not tell it.
    public static var current: UInt64 { attributes()?[runtime] ?? 0 }

    /// The words of `struct sched_attr`: size and policy, flags, nice value and priority, runtime, deadline, period.
    private static func attributes() -> [UInt64]? {
        var words = [UInt64](repeating: 0, count: size / MemoryLayout<UInt64>.size)
        return outpost_scheduling(0, &words, size) == 0 ? words : nil
    }

    private static let size = 48
    private static let flags = 1
    private static let runtime = 3
    /// `SCHED_FLAG_RESET_ON_FORK`.
    private static let resetOnFork: UInt64 = 1
}
