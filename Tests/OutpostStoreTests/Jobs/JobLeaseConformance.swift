// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import Testing

private let lost = JobError(.unavailable, "lost")

/// Who holds a job, and whose word counts: what every store must do.
struct JobLeaseConformance {
    @Test(arguments: StoreKind.allCases)
    func aJobGoesThroughItsPhases(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            try await store.add(.sample(1, maxAttempts: 3, request: [7]))
            let claimed = try await store.takeOne()
            #expect(claimed.request == [7])
            #expect(claimed.job.status == .running && claimed.job.attempt == 0 && claimed.job.maxAttempts == 3)
            #expect(try await store.begin(claimed.lease, at: .second(2)))
            let outcome = JobOutcome(status: .timedOut, result: .inline([9]), moment: .second(3))
            #expect(try await store.finish(claimed.lease, with: outcome))
            let record = try #require(try await store.job(claimed.job.id, in: .default))
            #expect(record.result == .inline([9]))
            #expect(record.job.status == .timedOut && record.job.attempt == 1 && record.job.error == nil)
            #expect(record.job.startedAt == .second(2) && record.job.completedAt == .second(3))
            #expect(record.job.expiresAt == .second(103))
        }
    }

    @Test(arguments: StoreKind.allCases)
    func oneTerminalStateCountsWhateverComesAfterIt(kind: StoreKind) async throws {
        try await kind.withJobs { store, clock in
            try await store.add(.sample(1))
            let claimed = try await store.takeOne()
            _ = try await store.begin(claimed.lease, at: .second(2))
            #expect(try await store.finish(claimed.lease, with: JobOutcome(status: .failed, moment: .second(3))))
            #expect(try await !store.finish(claimed.lease, with: JobOutcome(status: .succeeded, moment: .second(4))))
            #expect(try await store.requeue(claimed.lease, isCounted: true, at: .second(4)) == nil)
            #expect(try await !store.begin(claimed.lease, at: .second(4)))
            #expect(try await store.renew([claimed.lease], milliseconds: 1000) == [claimed.lease])
            let cancelled = try #require(try await store.cancel(claimed.job.id, in: .default, at: .second(5)))
            #expect(cancelled.record.job.status == .failed && !cancelled.hasEnded)
            clock.advance(seconds: 100)
            #expect(try await store.expireLeases(failingWith: lost, at: .second(9)) == [:])
            #expect(try await store.job(claimed.job.id, in: .default)?.job.completedAt == .second(3))
        }
    }

    @Test(arguments: StoreKind.allCases)
    func whatNeverStartedWaitsAgainWithoutCounting(kind: StoreKind) async throws {
        try await kind.withJobs { store, clock in
            try await store.add(.sample(1))
            for _ in 0..<5 {
                _ = try await store.takeOne()
                clock.advance(seconds: 31)
                #expect(try await store.expireLeases(failingWith: lost, at: .second(9)) == [:])
                #expect(try await store.job(JobID(number: 1), in: .default)?.job.attempt == 0)
            }
            #expect(try await store.status(1) == .queued)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func whatHasRunIsTriedAsOftenAsItMayBe(kind: StoreKind) async throws {
        try await kind.withJobs { store, clock in
            try await store.add(.sample(1, maxAttempts: 2))
            for attempt in 1...2 {
                let claimed = try await store.takeOne()
                #expect(try await store.begin(claimed.lease, at: .second(2)))
                clock.advance(seconds: 31)
                let ended = try await store.expireLeases(failingWith: lost, at: .second(9))
                #expect(ended == (attempt == 2 ? [JobID(number: 1): .failed] : [:]))
            }
            let job = try #require(try await store.job(JobID(number: 1), in: .default)?.job)
            #expect(job.status == .failed && job.attempt == 2 && job.error == lost)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aLateResultOfAnOldAttemptIsRefused(kind: StoreKind) async throws {
        try await kind.withJobs { store, clock in
            try await store.add(.sample(1, maxAttempts: 2))
            let old = try await store.takeOne()
            _ = try await store.begin(old.lease, at: .second(2))
            clock.advance(seconds: 31)
            _ = try await store.expireLeases(failingWith: lost, at: .second(9))
            let late = JobOutcome(status: .succeeded, result: .inline([1]), moment: .second(10))
            // While it waits, and while another has it.
            #expect(try await !store.finish(old.lease, with: late))
            let new = try await store.takeOne()
            #expect(new.lease.number > old.lease.number)
            #expect(try await !store.finish(old.lease, with: late))
            #expect(try await !store.begin(old.lease, at: .second(9)))
            #expect(try await store.requeue(old.lease, isCounted: true, at: .second(9)) == nil)
            #expect(try await store.renew([old.lease, new.lease], milliseconds: 1000) == [old.lease])
            #expect(try await store.finish(new.lease, with: JobOutcome(status: .cancelled, moment: .second(11))))
            #expect(try await store.status(1) == .cancelled)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aRenewedLeaseHolds(kind: StoreKind) async throws {
        try await kind.withJobs { store, clock in
            try await store.add(.sample(1))
            let claimed = try await store.takeOne()
            for _ in 0..<4 {
                clock.advance(seconds: 20)
                #expect(try await store.renew([claimed.lease], milliseconds: 30_000) == [])
                #expect(try await store.expireLeases(failingWith: lost, at: .second(9)) == [:])
            }
            #expect(try await store.begin(claimed.lease, at: .second(10)))
        }
    }

    @Test(arguments: StoreKind.allCases)
    func stepsOfTheWallClockEndNoLease(kind: StoreKind) async throws {
        try await kind.withJobs { store, clock in
            try await store.add(.sample(1), .sample(2))
            let claimed = try await store.takeOne()
            for moment in [-1_000_000_000, 1_000_000_000] as [Int64] {
                #expect(try await store.expireLeases(failingWith: lost, at: .second(moment)) == [:])
                #expect(try await store.renew([claimed.lease], milliseconds: 30_000) == [])
            }
            // Set back between start and end, it is in its own order still.
            #expect(try await store.begin(claimed.lease, at: .second(500)))
            #expect(try await store.finish(claimed.lease, with: JobOutcome(status: .succeeded, moment: .second(-500))))
            #expect(try await store.numbers(9) == [2])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func cancelReachesEveryPhase(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            try await store.add(.sample(1), .sample(2), .sample(3, maxAttempts: 5))
            let queued = try #require(try await store.cancel(JobID(number: 1), in: .default, at: .second(5)))
            #expect(queued.record.job.status == .cancelled && queued.hasEnded)
            let again = try #require(try await store.cancel(JobID(number: 1), in: .default, at: .second(6)))
            #expect(again.record == queued.record && !again.hasEnded)
            let held = try await store.take(2)
            // Held, and not started: it never is.
            let starting = try #require(try await store.cancel(JobID(number: 2), in: .default, at: .second(5)))
            #expect(starting.record.job.status == .running && !starting.hasEnded)
            #expect(try await !store.begin(held[0].lease, at: .second(6)))
            #expect(try await store.requeue(held[0].lease, isCounted: false, at: .second(7)) == .cancelled)
            // Started: it is not tried again.
            #expect(try await store.begin(held[1].lease, at: .second(6)))
            _ = try await store.cancel(JobID(number: 3), in: .default, at: .second(7))
            #expect(try await store.requeue(held[1].lease, isCounted: true, at: .second(8)) == .cancelled)
            #expect(try await store.numbers(9) == [])
            #expect(try await store.cancel(JobID(number: 2), in: blue, at: .second(9)) == nil)
            #expect(try await store.cancel(JobID(number: 99), in: .default, at: .second(9)) == nil)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aCancelledJobWhoseWorkerWentAwayIsCancelled(kind: StoreKind) async throws {
        try await kind.withJobs { store, clock in
            try await store.add(.sample(1))
            let claimed = try await store.takeOne()
            _ = try await store.begin(claimed.lease, at: .second(6))
            _ = try await store.cancel(JobID(number: 1), in: .default, at: .second(7))
            clock.advance(seconds: 31)
            #expect(try await store.expireLeases(failingWith: lost, at: .second(8)) == [JobID(number: 1): .cancelled])
            #expect(try await store.status(1) == .cancelled)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aResultThatComesBeforeTheKillCounts(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            try await store.add(.sample(1))
            let claimed = try await store.takeOne()
            _ = try await store.begin(claimed.lease, at: .second(6))
            _ = try await store.cancel(JobID(number: 1), in: .default, at: .second(7))
            #expect(try await store.finish(claimed.lease, with: JobOutcome(status: .succeeded, moment: .second(8))))
            #expect(try await store.status(1) == .succeeded)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aStopDoesNotCountAnAttempt(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            try await store.add(.sample(1))
            let claimed = try await store.takeOne()
            _ = try await store.begin(claimed.lease, at: .second(6))
            #expect(try await store.requeue(claimed.lease, isCounted: false, at: .second(7)) == .queued)
            #expect(try await store.takeOne().job.attempt == 0)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aRestartFindsEveryJobWhereItWas(kind: StoreKind) async throws {
        let kept = JobOutcome(status: .succeeded, result: .inline([5]), moment: .second(7))
        try await kind.withJobsRestart { store in
            try await store.add(.sample(1), .sample(2), .sample(3), .sample(4, maxAttempts: 2), .sample(5), .sample(6))
            let held = try await store.take(5)
            try await store.finish(held[0].lease, with: kept)
            for index in 1...3 { _ = try await store.begin(held[index].lease, at: .second(8)) }
            _ = try await store.cancel(JobID(number: 2), in: .default, at: .second(9))
        } then: { store in
            #expect(try await store.lastID() == JobID(number: 6))
            let ended = try await store.expireLeases(failingWith: lost, at: .second(20))
            #expect(ended == [JobID(number: 2): .cancelled, JobID(number: 3): .failed])
            #expect(try await store.job(JobID(number: 1), in: .default)?.result == .inline([5]))
            #expect(try await store.status(2) == .cancelled)
            #expect(try await store.status(3) == .failed)
            #expect(try await store.numbers(9) == [4, 5, 6])
        }
    }
}
