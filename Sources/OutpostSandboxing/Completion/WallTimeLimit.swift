// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// The wall time limit of a run, on a monotonic clock, in nanoseconds from the start.
struct WallTimeLimit {
    let nanoseconds: UInt64
    /// The limit after all extensions for time in which the program waited for a processor.
    let mostNanoseconds: UInt64

    /// Creates a limit.
    ///
    /// - Parameter most: the limit after all extensions, in milliseconds. Nil for no extension.
    init(milliseconds: Int, most: Int? = nil) {
        nanoseconds = UInt64(milliseconds) * 1_000_000
        mostNanoseconds = max(nanoseconds, UInt64(most ?? 0) * 1_000_000)
    }

    /// The limit of a program.
    init(_ program: ProgramSpec) {
        self.init(milliseconds: program.limits.timeoutMilliseconds, most: program.starvedMilliseconds)
    }

    /// Whether the limit grows by the time for which the program waited for a processor.
    var isElastic: Bool { mostNanoseconds > nanoseconds }

    /// Returns the end of the run.
    ///
    /// - Parameter stalled: nanoseconds for which the program waited for a processor.
    func end(stalled: UInt64) -> UInt64 {
        min(nanoseconds + min(stalled, mostNanoseconds), mostNanoseconds)
    }
}
