// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// For how long a stream has been waited for. The time that its reader takes for what came does not count.
final class Silence: Sendable {
    private let start = Mutex<ContinuousClock.Instant?>(nil)

    /// From now on the stream is waited for.
    func begin() { start.withLock { $0 = .now } }

    /// The stream is not waited for.
    func end() { start.withLock { $0 = nil } }

    /// Returns when the silence has lasted for `limit`.
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
