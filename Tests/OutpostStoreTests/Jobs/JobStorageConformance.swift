// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import Testing

/// What jobs and their results take is known exactly, and bounded.
struct JobStorageConformance {
    private let waiting = JobStorage.waiting(request: 3)

    private func finish(_ store: any JobStore, _ claimed: ClaimedJob, _ result: JobResult?, outside: Int = 0)
        async throws
    {
        let outcome = JobOutcome(status: .succeeded, result: result, externalBytes: outside, moment: .second(9))
        #expect(try await store.finish(claimed.lease, with: outcome))
    }

    @Test(arguments: StoreKind.allCases)
    func eachMoveIsCounted(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            #expect(try await store.storedBytes(of: .default) == 0)
            try await store.add(.sample(1), .sample(2), .sample(3), .sample(4), .sample(5, in: blue))
            #expect(try await store.storedBytes(of: .default) == 4 * waiting)
            let held = try await store.take(5)
            #expect(try await store.storedBytes(of: .default) == 4 * waiting)
            let own = held.filter { $0.job.namespace == .default }
            try await finish(store, own[0], .inline([UInt8](repeating: 7, count: 5000)))
            try await finish(store, own[1], .external(JobResultID(own[1].lease)), outside: 1 << 20)
            _ = try await store.requeue(own[2].lease, isCounted: false, at: .second(9))
            _ = try await store.cancel(own[2].job.id, in: .default, at: .second(9))
            let ended = JobStorage.ended(result: 5000) + JobStorage.ended(result: 1 << 20) + JobStorage.ended(result: 0)
            #expect(try await store.storedBytes(of: .default) == ended + waiting)
            #expect(try await store.storedBytes(of: blue) == waiting)
            #expect(try await store.census().storedBytes == ended + 2 * waiting)
            #expect(try await store.sweep(at: .second(1000), limit: 10).deletedJobs == 3)
            #expect(try await store.storedBytes(of: .default) == waiting)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func whatWouldBeTooMuchIsRefusedWholeAndOthersAreNot(kind: StoreKind) async throws {
        try await kind.withJobs { store, _ in
            func insert(_ jobs: [NewJob], _ bound: StorageBound) async throws {
                _ = try await store.insert(
                    jobs, within: JobLimits(queued: 100, storage: bound), answering: nil, claiming: nil)
            }
            let two = StorageBound.bytes(2 * waiting)
            try await insert([.sample(1), .sample(2)], two)
            try await expectError(.insufficientStorage) { try await insert([.sample(3)], two) }
            try await insert([.sample(3, in: blue), .sample(4, in: blue)], two)
            try await expectError(.insufficientStorage) {
                try await insert([.sample(5), .sample(6)], .bytes(3 * waiting))
            }
            #expect(try await store.storedBytes(of: .default) == 2 * waiting)
            let held = try await store.take(4)
            try await finish(store, try #require(held.first { $0.job.namespace == .default }), nil)
            try await insert([.sample(7)], .bytes(2 * waiting + JobStorage.ended(result: 0)))
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aRestartKeepsTheCountAndTakesUpWhatIsThere(kind: StoreKind) async throws {
        try await kind.withJobsRestart { store in
            try await store.add(.sample(1), .sample(2), .sample(3))
            let held = try await store.take(2)
            try await finish(store, held[0], .external(JobResultID(held[0].lease)), outside: 100)
            try await finish(store, held[1], .inline([1, 2]))
        } then: { store in
            let others = JobStorage.ended(result: 2) + waiting
            #expect(try await store.storedBytes(of: .default) == JobStorage.ended(result: 100) + others)
            // The others are orphans: of another lease, of an earlier version, of a job with a small result, of no job.
            let own = JobResultID(job: JobID(number: 1), lease: 1)
            let known = try await store.recordResultSizes([
                own: 8192, JobResultID(job: own.job, lease: 2): 4096, JobResultID(job: own.job, lease: nil): 4096,
                JobResultID(job: JobID(number: 2), lease: 1): 4096, JobResultID(job: JobID(number: 9), lease: 1): 4096,
            ])
            #expect(known == [own])
            #expect(try await store.job(own.job, in: .default)?.result == .external(own))
            #expect(try await store.storedBytes(of: .default) == JobStorage.ended(result: 8192) + others)
        }
    }
}
