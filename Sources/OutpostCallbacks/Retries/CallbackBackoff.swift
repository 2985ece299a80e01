// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// When to try again: exponential with full jitter, for an hour, so that the callbacks which a receiver missed at one
/// time do not come back at one time.
public struct CallbackBackoff: Sendable {
    /// From the first attempt to the last.
    static let totalMilliseconds: Int64 = 3_600_000
    /// The least wait, so that a small random number is no attempt at once.
    static let leastMilliseconds: Int64 = 1000
    /// The most that may be waited after the first attempt; twice that after the second, and so on.
    static let firstMilliseconds: Int64 = 5000
    /// The most that may be waited after any attempt.
    static let mostMilliseconds: Int64 = 600_000

    public init() {}

    /// Milliseconds to wait before attempt `attempt + 1`; nil when the hour since the first attempt is over. The last
    /// attempt is made as the hour ends.
    ///
    /// - Parameters:
    ///   - attempt: the attempt that has failed, from 1.
    ///   - elapsedMilliseconds: since the first attempt; below zero, as after a step of the clock, counts as zero.
    ///   - random: from 0 to 1, evenly spread.
    public func delayMilliseconds(
        afterAttempt attempt: Int, elapsedMilliseconds: Int64, random: Double
    ) -> Int64? {
        let remaining = Self.totalMilliseconds - max(0, elapsedMilliseconds)
        guard remaining > 0 else { return nil }
        let doublings = min(max(0, attempt - 1), 20)
        let ceiling = min(Self.firstMilliseconds << doublings, Self.mostMilliseconds)
        let delay = Int64(Double(ceiling) * min(max(0, random), 1))
        return min(max(Self.leastMilliseconds, delay), remaining)
    }
}
