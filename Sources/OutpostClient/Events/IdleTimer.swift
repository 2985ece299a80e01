// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Measures how long a reader waits for a stream. The time in which the reader works does not count.
final class IdleTimer: Sendable {
    /// When the reader began to wait; nil while it works.
    private let start = Mutex<ContinuousClock.Instant?>(nil)

    /// Tells that the reader begins to wait.
    func begin() { start.withLock { $0 = .now } }

    /// Tells that the reader stops waiting.
    func end() { start.withLock { $0 = nil } }

    /// Returns when the reader has waited for `limit`.
    ///
    /// - Throws: `CancellationError`.
    func outlast(_ limit: Duration) async throws {
        while true {
            let deadline = (start.withLock { $0 } ?? .now) + limit
            guard deadline > .now else { return }
            try await Task.sleep(until: deadline)
        }
    }
}
