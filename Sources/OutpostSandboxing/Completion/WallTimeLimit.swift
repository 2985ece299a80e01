// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// How long a run may take on a clock that nobody sets, in nanoseconds from its start.
struct WallTimeLimit {
    let nanoseconds: UInt64
    /// The end whatever the program was kept from.
    let mostNanoseconds: UInt64

    /// - Parameter most: not less than `milliseconds`.
    init(milliseconds: Int, most: Int? = nil) {
        nanoseconds = UInt64(milliseconds) * 1_000_000
        mostNanoseconds = max(nanoseconds, UInt64(most ?? 0) * 1_000_000)
    }

    init(_ program: ProgramSpec) {
        self.init(milliseconds: program.limits.timeoutMilliseconds, most: program.starvedMilliseconds)
    }

    /// Whether time in which the program was kept from the processor is not its own.
    var isElastic: Bool { mostNanoseconds > nanoseconds }

    /// - Parameter stalled: nanoseconds for which the program was kept from the processor.
    func end(stalled: UInt64) -> UInt64 {
        min(nanoseconds + min(stalled, mostNanoseconds), mostNanoseconds)
    }
}
