// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostJobs
import OutpostMetrics
import Testing

/// Cancelling in every phase.
struct JobCancellationTests {
    /// A run that lasts until it is cancelled.
    private static func untilCancelled(_ job: Job) async -> Execution {
        await OutpostJobsTests.untilCancelled()
        return .sample(job, Task.isCancelled ? .cancelled : .succeeded)
    }

    @Test func aQueuedJobNeverRuns() async throws {
        try await JobFixture.with { fixture in
            let runs = Tally<JobID>()
            let gate = Gate()
            let metrics = MetricsRegistry(JobMetrics.families)
            let jobs = try await fixture.service(workers: 1, metrics: metrics) { job, _, begin throws(OutpostError) in
                try await begin()
                runs.note(job.id)
                await gate.wait()
                return .sample(job)
            }
            let first = try await jobs.submitOne()
            let second = try await jobs.submitOne()
            #expect(try await jobs.cancel(second.id, in: .default).status == .cancelled)
            #expect(try await jobs.cancel(second.id, in: .default).status == .cancelled)
            gate.open()
            _ = try await jobs.ended(first)
            await jobs.drain(seconds: 30)
            #expect(runs.all == [first.id])
            #expect(metrics.ended == [.succeeded: 1, .cancelled: 1])
        }
    }

    @Test func oneThatIsAboutToStartDoesNot() async throws {
        try await JobFixture.with { fixture in
            let arrived = Gate()
            let started = Tally<JobID>()
            let jobs = try await fixture.service { job, _, begin throws(OutpostError) in
                arrived.open()
                // The store knows of it before the run does.
                await OutpostJobsTests.untilCancelled()
                try await begin()
                started.note(job.id)
                return .sample(job)
            }
            let job = try await jobs.submitOne()
            await arrived.wait()
            #expect(try await jobs.cancel(job.id, in: .default).status == .cancelled)
            #expect(started.all.isEmpty)
        }
    }

    @Test func aRunningOneIsKilled() async throws {
        try await JobFixture.with { fixture in
            let begun = Gate()
            let jobs = try await fixture.service { job, _, begin throws(OutpostError) in
                try await begin()
                begun.open()
                return await Self.untilCancelled(job)
            }
            let job = try await jobs.submitOne(.sample(maxAttempts: 5))
            await begun.wait()
            let cancelled = try await jobs.cancel(job.id, in: .default)
            #expect(cancelled.status == .cancelled && cancelled.attempt == 1 && cancelled.result?.status == .cancelled)
            #expect(try await jobs.cancel(job.id, in: .default) == cancelled)
        }
    }

    @Test func oneThatHasEndedMeanwhileKeepsItsResult() async throws {
        try await JobFixture.with { fixture in
            let begun = Gate()
            let jobs = try await fixture.service { job, _, begin throws(OutpostError) in
                try await begin()
                begun.open()
                await OutpostJobsTests.untilCancelled()
                // The program was quicker than the kill.
                return .sample(job, .succeeded)
            }
            let job = try await jobs.submitOne()
            await begun.wait()
            #expect(try await jobs.cancel(job.id, in: .default).status == .succeeded)
        }
    }

    @Test func whatIsNotThereIsNotFound() async throws {
        try await JobFixture.with { fixture in
            let jobs = try await fixture.service { job, _, _ throws(OutpostError) in .sample(job) }
            let job = try await jobs.submitOne()
            let other = try #require(NamespaceName("other"))
            for (id, namespace) in [(JobID(), NamespaceName.default), (job.id, other)] {
                let error = await #expect(throws: OutpostError.self) { try await jobs.cancel(id, in: namespace) }
                #expect(error?.code == .notFound)
            }
        }
    }
}
