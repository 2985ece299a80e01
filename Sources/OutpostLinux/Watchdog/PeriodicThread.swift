// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Threads that repeat a call until the process ends. They do not depend on Swift's task pool or the reactor, so they can
/// watch over both.
public enum PeriodicThread {
    /// Starts a thread.
    ///
    /// - Parameters:
    ///   - milliseconds: the pause between two calls of `round`.
    ///   - round: must not wait for other threads.
    /// - Throws: `SystemError` when the thread cannot be started.
    public static func start(
        everyMilliseconds milliseconds: UInt32, _ round: @escaping @Sendable () -> Void
    ) throws(SystemError) {
        try ThreadBody {
            while true {
                round()
                usleep(milliseconds * 1000)
            }
        }.startThread()
    }
}
