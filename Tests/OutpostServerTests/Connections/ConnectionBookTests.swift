// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostServer

/// Who has to hang up when there are too many.
struct ConnectionBookTests {
    /// What each of `connections` closes as it comes.
    private func leaving(
        _ book: inout ConnectionBook<Int>, _ connections: [(id: Int, source: String)]
    ) -> [Int?] {
        connections.map { book.open($0.id, from: $0.source) }
    }

    @Test func theOldestStrangerOfTheSourceWithMostGoes() {
        var book = ConnectionBook<Int>(strangerLimit: 4)
        let first = leaving(&book, [(1, "a"), (2, "b"), (3, "b"), (4, "b")])
        #expect(first == [nil, nil, nil, nil])
        let more = leaving(&book, [(5, "c"), (6, "b"), (7, "b"), (8, "b")])
        // Whoever opens many closes its own.
        #expect(more == [2, 3, 4, 6])
    }

    @Test func thoseOfNamespacesAreNobodysToClose() {
        var book = ConnectionBook<Int>(strangerLimit: 1)
        for id in 0..<10 {
            let gone = book.open(id, from: "a")
            let isThere = book.give(id, to: .default)
            #expect(gone == nil && isThere)
        }
        let strangers = leaving(&book, [(10, "a"), (11, "a")])
        #expect(strangers == [nil, 10])
        let closed = [book.close(3), book.close(3)]
        #expect(closed == [.default, nil])
        let isThere = book.give(3, to: .default)
        #expect(!isThere)
        #expect(book.namespace(of: 4) == .default)
    }

    @Test func oneThatHungUpLeavesItsPlace() {
        var book = ConnectionBook<Int>(strangerLimit: 1)
        _ = book.open(1, from: "a")
        _ = book.close(1)
        let gone = book.open(2, from: "a")
        #expect(gone == nil)
    }
}
