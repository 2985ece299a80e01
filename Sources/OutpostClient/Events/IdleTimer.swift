// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Measures how long a stream sends nothing while its reader waits. The time that the reader works does not count.
final class IdleTimer: Sendable {
    private let start = Mutex<ContinuousClock.Instant?>(nil)

    /// The reader begins to wait.
    func begin() { start.withLock { $0 = .now } }

    /// The reader stops waiting.
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
