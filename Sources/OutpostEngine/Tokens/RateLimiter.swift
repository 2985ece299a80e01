// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Synchronization

/// Counts the calls of each credential in windows of one minute and one second.
public final class RateLimiter: Sendable {
    /// The state of a credential after a call, for the headers of the answer.
    public struct Standing: Hashable, Sendable {
        /// Maximum calls in one minute. Nil for no limit.
        public let limit: Int?
        /// Calls that are left in this minute. 0 when there is no limit.
        public let remaining: Int
        /// The end of the current minute, in seconds since 1970.
        public let resetsAt: Int64
        /// Seconds until the next call may succeed. Nil when this call is allowed.
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

    /// Counts a call. A refused call is not counted.
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

    /// Forgets credentials without a call in the last minute.
    func sweep() {
        let minute = clock().milliseconds / 60_000
        windows.withLock { windows in windows = windows.filter { $0.value.minute >= minute - 1 } }
    }
}
