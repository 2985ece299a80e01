// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Threads that do the same again and again, and that nothing but the end of the process ends: what they look after may
/// stand still, and they must not.
public enum PeriodicThread {
    /// Starts one.
    ///
    /// - Parameters:
    ///   - milliseconds: between the end of one round and the begin of the next.
    ///   - round: must not wait for anything that others do.
    /// - Throws: `SystemError` when there can be no thread.
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
