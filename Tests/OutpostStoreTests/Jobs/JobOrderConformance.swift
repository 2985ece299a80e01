// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import Testing

/// Who comes when: what every store must do.
struct JobOrderConformance {
    @Test(arguments: StoreKind.allCases)
    func jobsOfOnePriorityComeInTheOrderOfTheirSubmission(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            try await store.insert([.sample(3), .sample(1), .sample(2)], limit: 10)
            #expect(try await store.numbers(2) == [1, 2])
            #expect(try await store.numbers(2) == [3])
            #expect(try await store.numbers(2) == [])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aHigherPriorityGoesFirst(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            try await store.add(
                .sample(1), .sample(2, priority: -100), .sample(3, priority: 100), .sample(4, priority: 7))
            #expect(try await store.numbers(9) == [3, 4, 1, 2])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func namespacesTakeTurnsWhateverTheirPriorities(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            for number in 1...50 as ClosedRange<UInt64> {
                try await store.add(.sample(number, in: blue, priority: 100))
            }
            try await store.add(.sample(60, in: green), .sample(61, in: green), .sample(62))
            #expect(try await store.numbers(4) == [1, 62, 60, 2])
            // The turn goes on where it was.
            #expect(try await store.numbers(1, after: blue) == [61])
            #expect(try await store.numbers(3, after: green) == [3, 4, 5])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aNamespaceHoldsNoMoreThanItsLimit(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            try await store.add(.sample(1), .sample(2), .sample(3), .sample(4, in: blue))
            #expect(try await store.numbers(9, runningLimit: 2) == [4, 1, 2])
            #expect(try await store.numbers(9, runningLimit: 2) == [])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func jobsOfOneLaneComeOneAfterAnother(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            let sandbox = SandboxID()
            try await store.add(
                .sample(1, concurrencyKey: sandbox), .sample(2, concurrencyKey: sandbox), .sample(3),
                .sample(4, concurrencyKey: SandboxID()))
            let held = try await store.take(9)
            #expect(held.map(\.job.id.number) == [1, 3, 4])
            #expect(try await store.status(2) == .queued)
            #expect(try await store.numbers(9) == [])
            try await store.finish(held[0].lease, with: JobOutcome(status: .succeeded, moment: .second(9)))
            #expect(try await store.numbers(9) == [2])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func inALaneTheHighestPriorityGoesNext(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            let sandbox = SandboxID()
            try await store.add(.sample(1, concurrencyKey: sandbox))
            try await store.add(
                .sample(2, concurrencyKey: sandbox, priority: 5), .sample(3, concurrencyKey: sandbox, priority: 9))
            let first = try await store.takeOne()
            #expect(first.job.id.number == 3)
            try await store.add(.sample(4, concurrencyKey: sandbox, priority: 50))
            #expect(try await store.numbers(9) == [])
            try await store.finish(first.lease, with: JobOutcome(status: .failed, moment: .second(9)))
            #expect(try await store.numbers(9) == [4])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func whatIsGivenBackKeepsItsPlace(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            let sandbox = SandboxID()
            try await store.add(.sample(1, concurrencyKey: sandbox), .sample(2, concurrencyKey: sandbox), .sample(3))
            let first = try await store.takeOne()
            #expect(try await store.requeue(first.lease, isCounted: true, at: .second(5)) == .queued)
            #expect(try await store.numbers(9) == [1, 3])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func cancellingAJobOfALaneLetsTheNextGo(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            let sandbox = SandboxID()
            try await store.add(
                .sample(1, concurrencyKey: sandbox), .sample(2, concurrencyKey: sandbox),
                .sample(3, concurrencyKey: sandbox))
            _ = try await store.cancel(JobID(number: 1), in: .default, at: .second(5))
            _ = try await store.cancel(JobID(number: 3), in: .default, at: .second(5))
            #expect(try await store.numbers(9) == [2])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func twoWorkersNeverGetTheSameJob(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            let count: UInt64 = 200
            for number in 1...count { try await store.add(.sample(number, in: number % 2 == 0 ? blue : green)) }
            let claimed = try await withThrowingTaskGroup(of: [UInt64].self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        var mine: [UInt64] = []
                        while case let more = try await store.numbers(3), !more.isEmpty { mine += more }
                        return mine
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(claimed.sorted() == Array(1...count))
        }
    }
}
