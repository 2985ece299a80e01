// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Synchronization

/// A clock that moves when it is told to.
final class ManualClock: Sendable {
    private let moment: Mutex<Timestamp>

    /// Starts at the beginning of a minute, so that tests of windows know where they are.
    init() { moment = Mutex(Timestamp(milliseconds: 1_790_000_040_000)) }

    var now: Timestamp { moment.withLock { $0 } }

    var wall: WallClock { { self.now } }

    func advance(seconds: Int64) { moment.withLock { $0 = $0.advanced(bySeconds: seconds) } }

    func advance(milliseconds: Int64) {
        moment.withLock { $0 = Timestamp(milliseconds: $0.milliseconds + milliseconds) }
    }
}
