// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import Testing

/// What is kept, found and forgotten: what every store must do.
struct JobKeepingConformance {
    @Test(arguments: StoreKind.allCases)
    func aBatchIsTakenWholeOrNotAtAll(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            try await store.add(.sample(5))
            try await expectError(.conflict) {
                try await store.insert([.sample(6), .sample(5), .sample(7)], limit: 10)
            }
            #expect(try await store.status(6) == nil)
            #expect(try await store.census().counts == [.queued: 1])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aFullQueueRefusesItsOwnNamespaceOnly(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            try await store.insert([.sample(1), .sample(2)], limit: 3)
            let error = try await expectError(.rateLimited) {
                try await store.insert([.sample(3), .sample(4)], limit: 3)
            }
            #expect(error.message.contains("max_queued") && error.message.contains("3") && error.retryAfter != nil)
            try await store.insert([.sample(5, in: blue)], limit: 3)
            try await store.insert([.sample(3)], limit: 3)
            // What is held does not wait.
            _ = try await store.take(2)
            try await store.insert([.sample(6)], limit: 3)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func manyWritersAtOnceLoseNothing(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<16 as Range<UInt64> {
                    group.addTask {
                        for number in 0..<25 as Range<UInt64> {
                            try await store.add(.sample(writer << 20 | number + 1))
                        }
                        // One that fails among the others fails alone.
                        try await expectError(.conflict) { try await store.add(.sample(writer << 20 | 1)) }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.census().counts == [.queued: 400])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aWorkerWithRoomClaimsInTheSameStep(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            try await store.add(.sample(1, in: blue))
            let claim = JobClaim(worker: "w", limit: 2, leaseMilliseconds: 30_000)
            let claimed = try await store.insert(
                [.sample(2), .sample(3)], within: JobLimits(queued: 10), answering: nil, claiming: claim)
            #expect(claimed.map(\.job.id.number) == [1, 2])
            #expect(try await store.begin(claimed[1].lease, at: .second(5)))
            try await expectError(.conflict) {
                _ = try await store.insert(
                    [.sample(4), .sample(1)], within: JobLimits(queued: 10), answering: nil, claiming: claim)
            }
            #expect(try await store.numbers(9) == [3])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aJobIsSeenInItsNamespaceOnly(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            try await store.add(.sample(1))
            #expect(try await store.job(JobID(number: 1), in: blue) == nil)
            #expect(try await store.job(JobID(number: 1), in: .default)?.job.createdAt == .second(1))
        }
    }

    @Test(arguments: StoreKind.allCases)
    func pagesShowEachJobOnce(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            for number in 1...7 as ClosedRange<UInt64> { try await store.add(.sample(number)) }
            try await store.add(.sample(8, in: blue))
            let held = try await store.take(3, after: blue)
            try await store.finish(held[0].lease, with: JobOutcome(status: .failed, moment: .second(9)))
            func page(_ query: JobPageQuery) async throws -> [UInt64] {
                let page = try await store.jobs(query)
                return page.jobs.map(\.job.id.number) + [UInt64(page.total)]
            }
            #expect(try await page(.init(namespace: .default, limit: 3)) == [7, 6, 5, 7])
            #expect(try await page(.init(namespace: .default, isDescending: false, offset: 6, limit: 3)) == [7, 7])
            #expect(try await page(.init(namespace: .default, status: .failed)) == [1, 1])
            #expect(try await page(.init(namespace: blue)) == [8, 1])
            #expect(try await page(.init(namespace: green)) == [0])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func theCensusFollowsEveryMove(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            #expect(try await store.census() == JobCensus())
            try await store.add(.sample(3), .sample(4, in: blue, concurrencyKey: SandboxID()), .sample(5))
            let waiting = JobStorage.waiting(request: 3)
            #expect(
                try await store.census()
                    == JobCensus(counts: [.queued: 3], oldestQueued: .second(3), storedBytes: 3 * waiting))
            let held = try await store.take(2)
            #expect(Set(held.map(\.job.id.number)) == [3, 4])
            #expect(
                try await store.census()
                    == JobCensus(
                        counts: [.queued: 1, .running: 2], oldestQueued: .second(5), storedBytes: 3 * waiting))
            try await store.finish(held[0].lease, with: JobOutcome(status: .succeeded, moment: .second(9)))
            let counts = try await store.census().counts.filter { $0.value > 0 }
            #expect(counts == [.queued: 1, .running: 1, .succeeded: 1])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func whatHasExpiredIsForgottenWhole(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            try await store.add(.sample(1), .sample(2), .sample(3), .sample(4, callbackURL: "https://a.example/"))
            let held = try await store.take(4)
            let second = JobResultID(held[1].lease)
            let results: [JobResult?] = [.inline([1]), .external(second), nil, nil]
            for (claimed, result) in zip(held, results) where claimed.job.id.number != 3 {
                let moment = JobMoment.second(Int64(claimed.job.id.number))
                try await store.finish(claimed.lease, with: .init(status: .failed, result: result, moment: moment))
            }
            #expect(
                try await store.recordResultSizes(
                    .init(uniqueKeysWithValues: held.map { (JobResultID($0.lease), 9) })) == [second])
            #expect(try await store.sweep(at: .second(100), limit: 10) == JobSweep())
            #expect(try await store.sweep(at: .second(1000), limit: 1).deletedJobs == 1)
            let rest = try await store.sweep(at: .second(1000), limit: 10)
            #expect(rest == JobSweep(deletedJobs: 2, externalResults: [second]))
            #expect(try await store.recordResultSizes([second: 9]) == [])
            #expect(try await store.status(1) == nil)
            #expect(try await store.status(3) == .running)
            #expect(try await store.nextCallback() == nil)
            #expect(try await store.census().counts.filter { $0.value > 0 } == [.running: 1])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aCallbackIsDueUntilItIsDone(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            try await store.add(
                .sample(1, callbackURL: "https://a.example/x"), .sample(2), .sample(3, callbackURL: "u"))
            #expect(try await store.nextCallback() == nil)
            let held = try await store.take(2)
            for claimed in held {
                try await store.finish(claimed.lease, with: JobOutcome(status: .succeeded, moment: .second(10)))
            }
            _ = try await store.cancel(JobID(number: 3), in: .default, at: .second(11))
            #expect(try await store.nextCallback() == .second(10))
            let due = try await store.claimCallbacks(.init(limit: 10, holdMilliseconds: 60_000), at: .second(10))
            let expected = DueCallback(
                job: JobID(number: 1), namespace: .default, url: "https://a.example/x", attempt: 1, since: .second(10))
            #expect(due == [expected])
            // Whoever took it may have died.
            #expect(
                try await store.claimCallbacks(.init(limit: 10, holdMilliseconds: 1), at: .second(12)).map(\.job.number)
                    == [3]
            )
            let again = try await store.claimCallbacks(.init(limit: 10, holdMilliseconds: 60_000), at: .second(71))
            #expect(again.map(\.attempt) == [2, 2])
            try await store.rescheduleCallback(JobID(number: 1), at: .second(500))
            try await store.rescheduleCallback(JobID(number: 3), at: nil)
            #expect(try await store.nextCallback() == .second(500))
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aClockThatWasSetBackDelaysNoCallbackForLong(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            try await store.add(.sample(1, callbackURL: "u"))
            let claimed = try await store.takeOne()
            let day: Int64 = 86_400
            try await store.finish(claimed.lease, with: JobOutcome(status: .succeeded, moment: .second(day)))
            #expect(try await store.claimCallbacks(.init(limit: 10, holdMilliseconds: 1), at: .second(0)).count == 1)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func oneNamespacesCallbacksLeaveRoomForTheOthers(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            for number in 1...20 as ClosedRange<UInt64> {
                try await store.add(.sample(number, in: blue, callbackURL: "u"))
            }
            try await store.add(.sample(30, in: green, callbackURL: "u"))
            for number in 1...30 as ClosedRange<UInt64> {
                _ = try await store.cancel(JobID(number: number), in: number == 30 ? green : blue, at: .second(9))
            }
            var claim = CallbackClaim(limit: 10, namespaceLimit: 3, holdMilliseconds: 60_000)
            let first = try await store.claimCallbacks(claim, at: .second(10))
            #expect(first.map(\.job.number) == [1, 2, 3, 30])
            claim.sending = [blue: 3, green: 1]
            #expect(try await store.claimCallbacks(claim, at: .second(10)) == [])
            claim.sending = [blue: 2]
            #expect(try await store.claimCallbacks(claim, at: .second(10)).map(\.job.number) == [4])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aNamespaceHasOneSecretUntilItIsReplaced(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            var seen: [String] = []
            let asked: [(NamespaceName, String, Bool)] = [
                (blue, "a", false), (blue, "b", false), (green, "c", false), (blue, "d", true), (blue, "e", false),
            ]
            for (namespace, fresh, replaces) in asked {
                seen.append(try await store.callbackSecret(of: namespace, fresh: fresh, replaces: replaces))
            }
            #expect(seen == ["a", "a", "c", "d", "d"])
        }
    }
}
