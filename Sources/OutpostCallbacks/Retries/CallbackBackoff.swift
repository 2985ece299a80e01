// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The waits between attempts to deliver a callback: exponential backoff with full jitter for one hour. The jitter
/// spreads the callbacks that a receiver missed at the same time.
public struct CallbackBackoff: Sendable {
    /// The time from the first attempt to the last.
    static let totalMilliseconds: Int64 = 3_600_000
    /// The shortest wait.
    static let leastMilliseconds: Int64 = 1000
    /// The longest wait after the first attempt. It doubles with each attempt.
    static let firstMilliseconds: Int64 = 5000
    /// The longest wait after any attempt.
    static let mostMilliseconds: Int64 = 600_000

    public init() {}

    /// Returns the milliseconds to wait before attempt `attempt + 1`; nil when the hour since the first attempt is over.
    /// The last attempt is at the end of the hour.
    ///
    /// - Parameters:
    ///   - attempt: the number of the failed attempt, from 1.
    ///   - elapsedMilliseconds: the time since the first attempt. A negative value, after a change of the clock, counts
    ///     as 0.
    ///   - random: a uniform random number from 0 to 1.
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
