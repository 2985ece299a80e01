// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Synchronization

/// Counts calls by credential in windows of a minute and of a second.
public final class RateLimiter: Sendable {
    /// Where a credential stands after a call, for the answer's headers.
    public struct Standing: Hashable, Sendable {
        /// Calls in a minute; nil for no limit.
        public let limit: Int?
        public let remaining: Int
        /// Epoch seconds at which the minute is over.
        public let resetsAt: Int64
        /// Seconds after which the next call may succeed; nil when this one may.
        public let retryAfter: Int?
    }

    private struct Window {
        var minute: Int64 = 0
        var inMinute = 0
        var second: Int64 = 0
        var inSecond = 0
    }

    private let windows = Mutex<[CredentialID: Window]>([:])
    private let clock: WallClock

    init(clock: @escaping WallClock) { self.clock = clock }

    /// Counts a call.
    public func count(_ principal: Principal) -> Standing {
        let now = clock().milliseconds / 1000
        let resetsAt = (now / 60 + 1) * 60
        guard let perMinute = principal.plan.requestsPerMinute, let perSecond = principal.plan.burstPerSecond else {
            return Standing(limit: nil, remaining: 0, resetsAt: resetsAt, retryAfter: nil)
        }
        return windows.withLock { windows in
            var window = windows[principal.id] ?? Window()
            if window.minute != now / 60 { (window.minute, window.inMinute) = (now / 60, 0) }
            if window.second != now { (window.second, window.inSecond) = (now, 0) }
            let retryAfter: Int?
            if window.inMinute >= perMinute {
                retryAfter = Int(resetsAt - now)
            } else if window.inSecond >= perSecond {
                retryAfter = 1
            } else {
                retryAfter = nil
                window.inMinute += 1
                window.inSecond += 1
            }
            windows[principal.id] = window
            return Standing(
                limit: perMinute, remaining: perMinute - window.inMinute, resetsAt: resetsAt, retryAfter: retryAfter)
        }
    }

    /// Forgets credentials that have not called for a minute.
    func sweep() {
        let minute = clock().milliseconds / 60_000
        windows.withLock { windows in windows = windows.filter { $0.value.minute >= minute - 1 } }
    }
}
