// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostDriverNamespaces

/// In which order the spawner is asked.
struct SpawnerQueueTests {
    private func taken(_ queue: inout SpawnerQueue<String>) -> [String] {
        var calls: [String] = []
        while let call = queue.next() { calls.append(call) }
        return calls
    }

    @Test func whatEndsSomethingOvertakesWhatMakesSomething() {
        var queue = SpawnerQueue<String>()
        for call in ["launch 1", "launch 2", "launch 3"] { queue.add(call, .ordinary(tenant: "a")) }
        queue.add("kill", .urgent)
        #expect(taken(&queue) == ["kill", "launch 1", "launch 2"])
        queue.add("finish", .urgent)
        #expect(taken(&queue) == ["finish"], "two launches are on their way")
        queue.answered()
        #expect(taken(&queue) == ["launch 3"])
    }

    @Test func tenantsTakeTurns() {
        var queue = SpawnerQueue<String>()
        for number in 1...4 { queue.add("a\(number)", .ordinary(tenant: "a")) }
        queue.add("b1", .ordinary(tenant: "b"))
        queue.add("c1", .ordinary(tenant: "c"))
        var order: [String] = []
        for _ in 0..<6 {
            order += taken(&queue)
            queue.answered()
        }
        #expect(order == ["a1", "b1", "c1", "a2", "a3", "a4"])
    }

    @Test func oneThatComesAgainWaitsForTheOthers() {
        var queue = SpawnerQueue<String>()
        queue.add("a1", .ordinary(tenant: "a"))
        queue.add("b1", .ordinary(tenant: "b"))
        #expect(queue.next() == "a1")
        queue.add("a2", .ordinary(tenant: "a"))
        #expect(queue.next() == "b1")
        #expect(queue.next() == nil)
        queue.answered()
        #expect(queue.next() == "a2")
    }

    @Test func whatASpawnerThatDiedWasAskedIsForgotten() {
        var queue = SpawnerQueue<String>()
        for number in 1...4 { queue.add("a\(number)", .ordinary(tenant: "a")) }
        _ = taken(&queue)
        queue.removeAll()
        queue.add("b1", .ordinary(tenant: "b"))
        queue.add("b2", .ordinary(tenant: "b"))
        #expect(taken(&queue) == ["b1", "b2"])
    }
}
