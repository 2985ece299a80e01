// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing
import Testing

@testable import OutpostEngine

/// When a pool whose sandboxes cannot be started is tried again.
struct WarmPoolTests {
    private let start = Timestamp(milliseconds: 1_790_000_000_000)

    private func pool() -> WarmPool<Int> {
        WarmPool(policy: PoolPolicy(floor: 1, ceiling: 1, idleSeconds: 60), at: start)
    }

    /// Seconds after a failure for which none is started.
    private func pause(_ pool: inout WarmPool<Int>, at moment: Timestamp) -> Int64? {
        pool.began(1)
        pool.failed(at: moment)
        return (0...60).first { pool.missing(at: moment.advanced(bySeconds: $0)) == 1 }
    }

    @Test func thePausesGrowUpToHalfAMinute() {
        var pool = pool()
        let pauses = (0..<8).map { _ in pause(&pool, at: start) }
        #expect(pauses == [1, 2, 4, 8, 16, 30, 30, 30])
    }

    @Test func theLogNamesAPoolInAFewWords() {
        let key = WarmKey(String(repeating: "x", count: 3000), namespace: .default, source: nil)
        #expect("\(PoolKey.interpreter(key))" == "interpreter for default")
        let own = WarmKey(1, namespace: nil, source: nil)
        #expect("\(PoolKey.interpreter(own))" == "interpreter for the server")
    }

    @Test func oneThatIsReadyEndsThem() {
        var pool = pool()
        for _ in 0..<5 { _ = pause(&pool, at: start) }
        pool.began(1)
        pool.finished(7)
        #expect(pool.acquire(policy: PoolPolicy(floor: 1, ceiling: 1, idleSeconds: 60), at: start) == 7)
        #expect(pause(&pool, at: start) == 1)
    }
}
