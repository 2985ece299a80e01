// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import NIOConcurrencyHelpers
import OutpostCore
import OutpostJobs
import OutpostMetrics
import OutpostStore
import OutpostTesting
import Testing

/// The queue with programs that do as the test says.
struct JobServiceTests {
    @Test func aJobRunsAndItsResultIsRead() async throws {
        try await JobFixture.with { fixture in
            let metrics = MetricsRegistry(JobMetrics.families)
            let jobs = try await fixture.service(metrics: metrics) { job, _, begin throws(OutpostError) in
                try await begin()
                return .sample(job, stdout: "4\n")
            }
            let job = try await jobs.submitOne()
            #expect(job.status == .queued && job.attempt == 0)
            let ended = try await jobs.ended(job)
            #expect(ended.status == .succeeded && ended.attempt == 1 && ended.sandboxID == job.sandboxID)
            #expect(ended.result?.stdout.bytes == Array("4\n".utf8))
            #expect(metrics.ended == [.succeeded: 1])
        }
    }

    @Test func aLargeResultIsKeptOutsideAndGoesWithItsJob() async throws {
        try await JobFixture.with { fixture in
            let text = String(repeating: "x", count: 100_000)
            let jobs = try await fixture.service { job, _, begin throws(OutpostError) in
                try await begin()
                return .sample(job, stdout: text)
            }
            let ended = try await jobs.ended(try await jobs.submitOne())
            #expect(ended.result?.stdout.bytes.count == 100_000)
            #expect(try await fixture.results.all().keys.map(\.job) == [ended.id])
            fixture.wall.set(8 * 86_400)
            await jobs.upkeep()
            #expect(try await fixture.results.all() == [:])
            await #expect(throws: OutpostError.self) { try await jobs.job(ended.id, in: .default) }
        }
    }

    @Test func aFullDiskCostsOutputAndNotTheJob() async throws {
        try await JobFixture.with { fixture in
            fixture.results.setFull(true)
            let text = String(repeating: "x", count: 100_000)
            let jobs = try await fixture.service { job, _, begin throws(OutpostError) in
                try await begin()
                return .sample(job, stdout: text)
            }
            let ended = try await jobs.ended(try await jobs.submitOne())
            #expect(ended.status == .succeeded && ended.error?.code == .insufficientStorage)
            #expect(ended.result?.stdout.isTruncated == true && ended.result?.stdout.total == 100_000)
        }
    }

    @Test func aJobNeverStartsAfterItsExecution() async throws {
        try await JobFixture.with { fixture in
            fixture.wall.set(5)
            let jobs = try await fixture.service { job, _, begin throws(OutpostError) in
                // The execution of `sample` starts and ends at second 0, before the program begins.
                try await begin()
                return .sample(job)
            }
            let ended = try await jobs.ended(try await jobs.submitOne())
            #expect(ended.startedAt == .second(5) && ended.result?.startedAt == .second(5))
            #expect(ended.result?.completedAt == .second(5) && ended.completedAt == .second(5))
        }
    }

    @Test func whatCannotBeRunSaysWhy() async throws {
        try await JobFixture.with { fixture in
            let jobs = try await fixture.service { _, _, _ throws(OutpostError) in
                throw OutpostError(.notFound, "the sandbox is gone")
            }
            let ended = try await jobs.ended(try await jobs.submitOne())
            #expect(ended.status == .failed && ended.attempt == 0 && ended.result == nil)
            #expect(ended.error == JobError(.notFound, "the sandbox is gone"))
        }
    }

    @Test func aFaultOfThePlatformIsTriedAsOftenAsAllowed() async throws {
        try await JobFixture.with { fixture in
            let runs = Tally<Int>()
            let metrics = MetricsRegistry(JobMetrics.families)
            let jobs = try await fixture.service(metrics: metrics) { job, _, begin throws(OutpostError) in
                try await begin()
                runs.note(job.attempt)
                return .sample(job, .sandboxError)
            }
            let ended = try await jobs.ended(try await jobs.submitOne(.sample(maxAttempts: 3)))
            #expect(runs.all == [0, 1, 2])
            #expect(ended.status == .failed && ended.attempt == 3 && ended.error == JobError(.internal, "broken"))
            #expect(metrics.value("outpost_jobs_retries_total") == 2)
        }
    }

    @Test func aProgramsOwnFailureIsAResult() async throws {
        try await JobFixture.with { fixture in
            let runs = Tally<JobID>()
            let jobs = try await fixture.service { job, _, begin throws(OutpostError) in
                try await begin()
                runs.note(job.id)
                return .sample(job, .failed)
            }
            let ended = try await jobs.ended(try await jobs.submitOne(.sample(maxAttempts: 3)))
            #expect(runs.all.count == 1 && ended.status == .failed && ended.error == nil)
        }
    }

    @Test func aFullHostIsNoFault() async throws {
        try await JobFixture.with { fixture in
            let tries = Tally<Int>()
            let jobs = try await fixture.service { job, _, begin throws(OutpostError) in
                tries.note(job.attempt)
                if tries.all.count < 2 { throw OutpostError(.unavailable, "no room", retryAfter: 1) }
                try await begin()
                return .sample(job)
            }
            let ended = try await jobs.ended(try await jobs.submitOne())
            #expect(ended.status == .succeeded && ended.attempt == 1 && tries.all == [0, 0])
        }
    }

    @Test func aFloodDelaysAnotherNamespaceByOneRun() async throws {
        try await JobFixture.with { fixture in
            let order = Tally<String>()
            let gate = Gate()
            let jobs = try await fixture.service(workers: 1) { job, _, begin throws(OutpostError) in
                try await begin()
                await gate.wait()
                order.note(job.namespace.rawValue)
                return .sample(job)
            }
            let other = try #require(NamespaceName("other"))
            var all: [Job] = []
            for _ in 0..<20 { all.append(try await jobs.submitOne(.sample(priority: 100))) }
            let late = try await jobs.submitOne(in: other)
            gate.open()
            _ = try await jobs.ended(late)
            let place = try #require(order.all.firstIndex(of: "other"))
            #expect(place <= 1)
            for job in all { #expect(try await jobs.ended(job).status == .succeeded) }
        }
    }

    @Test func stepsOfTheClockLoseNothing() async throws {
        try await JobFixture.with { fixture in
            let jobs = try await fixture.service(workers: 1) {
                [wall = fixture.wall] job, _, begin throws(OutpostError) in
                wall.set(wall.now == .second(0) ? -1_000_000 : 1_000_000)
                try await begin()
                return .sample(job)
            }
            var submitted: [Job] = []
            for moment in [0, -50_000_000, 90_000_000, 0] as [Int64] {
                fixture.wall.set(moment)
                submitted.append(try await jobs.submitOne())
            }
            // Ids grow whatever the clock says, and with them the order.
            #expect(submitted.map(\.id.number) == submitted.map(\.id.number).sorted())
            for job in submitted { #expect(try await jobs.ended(job).status == .succeeded) }
        }
    }
}
