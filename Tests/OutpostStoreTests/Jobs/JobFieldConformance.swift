// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import Testing

/// A field that is added to a job and not to the stores fails here.
struct JobFieldConformance {
    @Test(arguments: StoreKind.allCases)
    func everyFieldOfAJobIsKept(kind: StoreKind) async throws {
        let sandbox = SandboxID()
        var expected = Job(
            id: JobID(number: 5), namespace: blue, sandboxID: sandbox, status: .timedOut, attempt: 1, maxAttempts: 3,
            priority: -7, error: JobError(.internal, "why"), createdAt: .second(1), startedAt: .second(2),
            completedAt: .second(3), expiresAt: .second(103))
        try await kind.withJobsRestart { store in
            let job = NewJob(
                id: JobID(number: 5), namespace: blue, sandboxID: sandbox, priority: -7, maxAttempts: 3,
                createdAt: .second(1), request: try JobRequest.full.stored())
            try await store.add(job)
            let claimed = try await store.takeOne()
            #expect(try JobRequest(stored: claimed.request) == .full)
            #expect(try await store.begin(claimed.lease, at: .second(2)))
            let outcome = JobOutcome(
                status: .timedOut, result: .inline(try Execution.full.stored()), error: expected.error,
                moment: .second(3))
            #expect(try await store.finish(claimed.lease, with: outcome))
        } then: { store in
            let record = try #require(try await store.job(expected.id, in: blue))
            guard case .inline(let bytes) = record.result else {
                Issue.record("the result is gone")
                return
            }
            var job = record.job
            job.result = try Execution(stored: bytes)
            expected.result = .full
            #expect(job == expected)
            #expect(unset(in: expected, "job") == [])
        }
    }
}
