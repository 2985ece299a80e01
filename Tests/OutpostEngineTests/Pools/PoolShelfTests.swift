// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostEngine

/// When a shelf whose sandboxes cannot be started is tried again.
struct PoolShelfTests {
    private let start = Timestamp(milliseconds: 1_790_000_000_000)

    private func shelf() -> PoolShelf<Int> {
        PoolShelf(policy: PoolPolicy(floor: 1, ceiling: 1, idleSeconds: 60), at: start)
    }

    /// Seconds after a failure for which none is started.
    private func pause(_ shelf: inout PoolShelf<Int>, at moment: Timestamp) -> Int64? {
        shelf.began(1)
        shelf.failed(at: moment)
        return (0...60).first { shelf.missing(at: moment.advanced(bySeconds: $0)) == 1 }
    }

    @Test func thePausesGrowUpToHalfAMinute() {
        var shelf = shelf()
        let pauses = (0..<8).map { _ in pause(&shelf, at: start) }
        #expect(pauses == [1, 2, 4, 8, 16, 30, 30, 30])
    }

    @Test func oneThatIsReadyEndsThem() {
        var shelf = shelf()
        for _ in 0..<5 { _ = pause(&shelf, at: start) }
        shelf.began(1)
        shelf.finished(7)
        #expect(shelf.take(policy: PoolPolicy(floor: 1, ceiling: 1, idleSeconds: 60), at: start) == 7)
        #expect(pause(&shelf, at: start) == 1)
    }
}
