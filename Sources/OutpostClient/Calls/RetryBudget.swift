// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// Decides how often and how long a client repeats a call to a server that does not answer.
struct RetryBudget {
    /// The longest time without an answer.
    let patience: Duration
    /// The time of the first failure since the last answer.
    private var start: ContinuousClock.Instant?
    private var failures = 0

    private static let firstPause = Duration.milliseconds(250)
    private static let longestPause = Duration.seconds(5)

    init(patience: Duration) { self.patience = patience }

    /// Starts again with the full patience, because the server has answered.
    mutating func end() {
        start = nil
        failures = 0
    }

    /// Returns the time to wait before the next try. It doubles each time, up to 5 seconds, and is at least
    /// `Retry-After`. Returns nil when `error` is permanent, or when the server has failed for `patience`.
    mutating func pause(after error: OutpostError, at now: ContinuousClock.Instant) -> Duration? {
        let start = start ?? now
        guard error.isPassing, now - start < patience else { return nil }
        self.start = start
        let pause = min(Self.firstPause * (1 << min(failures, 10)), Self.longestPause)
        failures += 1
        return min(max(pause, .seconds(error.retryAfter ?? 0)), patience)
    }
}

extension OutpostError {
    /// Whether the same call may succeed later. The server did not answer, starts, drains, or is overloaded.
    var isPassing: Bool {
        guard let answered = cause as? AnsweredCall else {
            return code == .unavailable && !Task.isCancelled && !isAnswerTooLong
        }
        return [429, 502, 503, 504].contains(answered.status)
    }
}
