// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Synchronization
import Testing

@testable import OutpostEngine

/// Large computations take turns by namespace.
struct FairWorkTests {
    /// Holds what was started until a test lets it run.
    private final class Threads: Sendable {
        private let bodies = Mutex<[@Sendable () -> Void]>([])

        var count: Int { bodies.withLock { $0.count } }

        func start(_ body: @escaping @Sendable () -> Void) { bodies.withLock { $0.append(body) } }

        func runAll() { for body in bodies.withLock({ $0 }) { body() } }
    }

    /// In which order things were done.
    private final class Order: Sendable {
        private let names = Mutex<[String]>([])

        var list: [String] { names.withLock { $0 } }

        func add(_ name: String) { names.withLock { $0.append(name) } }
    }

    private let threads = Threads()

    @Test func oneOfAnotherNamespaceComesAfterOneOfWhoHasMany() async throws {
        let threads = threads
        let work = FairWork(limit: 1) { threads.start($0) }
        let team = try #require(NamespaceName("team-a"))
        let done = Order()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<4 {
                group.addTask {
                    try? await work.run(bytes: .max, for: .default) { () throws(OutpostError) in
                        done.add("many \(number)")
                    }
                }
            }
            await waitUntil { work.waitingCount == 4 }
            group.addTask {
                try? await work.run(bytes: .max, for: team) { () throws(OutpostError) in done.add("one") }
            }
            await waitUntil { work.waitingCount == 5 }
            #expect(threads.count == 1, "no more threads than allowed")
            threads.runAll()
        }
        #expect(done.list.firstIndex(of: "one") == 1)
        #expect(done.list.count == 5)
    }

    @Test func aStoppingServerBeginsNoMoreAndTellsWhoWaits() async throws {
        let threads = threads
        let work = FairWork(limit: 1) { threads.start($0) }
        let waiting = Task {
            try await code { try await work.run(bytes: .max, for: .default) { () throws(OutpostError) in } }
        }
        await waitUntil { work.waitingCount == 1 }
        work.close()
        #expect(try await waiting.value == .unavailable)
        let late = try await code { try await work.run(bytes: .max, for: .default) { () throws(OutpostError) in } }
        #expect(late == .unavailable)
        threads.runAll()
    }

    @Test func oneNamespaceHasNoMoreWaitingThanItMay() async throws {
        let threads = threads
        let work = FairWork(limit: 1) { threads.start($0) }
        let waiting = (0..<FairWork.mostWaiting).map { _ in
            Task { try await work.run(bytes: .max, for: .default) { () throws(OutpostError) in } }
        }
        await waitUntil { work.waitingCount == FairWork.mostWaiting }
        let more = try await code { try await work.run(bytes: .max, for: .default) { () throws(OutpostError) in } }
        #expect(more == .rateLimited)
        threads.runAll()
        for task in waiting { try await task.value }
    }

    @Test func littleIsDoneAtOnceAndErrorsComeBack() async throws {
        let threads = threads
        let work = FairWork(limit: 1) { threads.start($0) }
        let value = try await work.run(bytes: FairWork.smallBytes, for: .default) { () throws(OutpostError) in 7 }
        #expect(value == 7)
        #expect(threads.count == 0)
        let direct = FairWork(limit: 1) { $0() }
        let found = try await code {
            try await direct.run(bytes: .max, for: .default) { () throws(OutpostError) in
                throw OutpostError(.conflict, "no")
            }
        }
        #expect(found == .conflict)
    }
}
