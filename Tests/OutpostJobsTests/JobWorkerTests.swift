// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostMetrics
import OutpostStore
import OutpostTesting
import Testing

@testable import OutpostJobs

/// Workers that share a store, stop, or die.
struct JobWorkerTests {
    @Test func twoWorkersOnOneQueueRunEachJobOnce() async throws {
        try await JobFixture.with { fixture in
            let runs = Tally<JobID>()
            let script: ScriptedRunner.Script = { job, _, begin throws(OutpostError) in
                try await begin()
                runs.note(job.id)
                await Task.yield()
                return .sample(job)
            }
            let first = try await fixture.service(workers: 3, name: "a", run: script)
            let second = try await fixture.service(workers: 3, name: "b", run: script)
            let sandbox = SandboxID()
            var jobs: [Job] = []
            for number in 0..<120 {
                let request = JobRequest.sample(sandbox: number % 3 == 0 ? sandbox : nil)
                jobs.append(try await (number % 2 == 0 ? first : second).submitOne(request))
            }
            for job in jobs { #expect(try await eventuallyEnded(job, first, second).status == .succeeded) }
            #expect(runs.all.count == 120 && Set(runs.all).count == 120)
        }
    }

    /// A job that another worker ended is not announced here.
    private func eventuallyEnded(_ job: Job, _ services: JobService...) async throws -> Job {
        let deadline = ContinuousClock.now + hang
        while true {
            for service in services {
                let now = try await service.job(job.id, in: .default)
                if now.status.isTerminal || ContinuousClock.now > deadline { return now }
                await service.upkeep()
            }
        }
    }

    @Test func aWorkerThatDiedLosesItsJobAndItsWord() async throws {
        try await JobFixture.with { fixture in
            let begun = Gate()
            let revive = Gate()
            let dead = try await fixture.service(workers: 1, name: "dead") { job, _, begin throws(OutpostError) in
                try await begin()
                begun.open()
                await revive.wait()
                return .sample(job, .succeeded, stdout: "late")
            }
            let job = try await dead.submitOne(.sample(maxAttempts: 2))
            await begun.wait()
            let heir = try await fixture.service(workers: 1, name: "heir") { job, _, begin throws(OutpostError) in
                try await begin()
                return .sample(job, .succeeded, stdout: "heir")
            }
            await heir.upkeep()
            #expect(try await heir.job(job.id, in: .default).status == .running)
            fixture.leases.advance(seconds: 31)
            await heir.upkeep()
            let ended = try await heir.ended(job)
            #expect(ended.attempt == 2 && ended.result?.stdout.bytes == Array("heir".utf8))
            revive.open()
            await dead.drain(seconds: 30)
            #expect(try await heir.job(job.id, in: .default) == ended)
        }
    }

    @Test func aLargeResultOfALostLeaseReplacesNothingAndIsRemoved() async throws {
        try await JobFixture.with { fixture in
            let begun = Gate()
            let revive = Gate()
            let dead = try await fixture.service(workers: 1, name: "dead") { job, _, begin throws(OutpostError) in
                try await begin()
                begun.open()
                await revive.wait()
                return .sample(job, stdout: String(repeating: "late", count: 50_000))
            }
            let job = try await dead.submitOne(.sample(maxAttempts: 2))
            await begun.wait()
            let heir = try await fixture.service(workers: 1, name: "heir") { job, _, begin throws(OutpostError) in
                try await begin()
                return .sample(job, stdout: String(repeating: "heir", count: 50_000))
            }
            fixture.leases.advance(seconds: 31)
            await heir.upkeep()
            let ended = try await heir.ended(job)
            #expect(ended.result?.stdout.bytes.starts(with: Array("heir".utf8)) == true)
            revive.open()
            await dead.drain(seconds: 30)
            #expect(try await heir.job(job.id, in: .default) == ended)
            #expect(try await fixture.results.all().keys.map(\.lease) == [2])
        }
    }

    @Test func aJobThatEndsWithItsLeaseIsCounted() async throws {
        try await JobFixture.with { fixture in
            let begun = Gate()
            let revive = Gate()
            let deadMetrics = MetricsRegistry(JobMetrics.families)
            let heirMetrics = MetricsRegistry(JobMetrics.families)
            let dead = try await fixture.service(workers: 1, name: "dead", metrics: deadMetrics) {
                job, _, begin throws(OutpostError) in
                try await begin()
                begun.open()
                await revive.wait()
                return .sample(job)
            }
            let job = try await dead.submitOne(.sample(maxAttempts: 1))
            await begun.wait()
            let heir = try await fixture.service(workers: 0, name: "heir", metrics: heirMetrics) {
                job, _, _ throws(OutpostError) in
                .sample(job)
            }
            fixture.leases.advance(seconds: 31)
            await heir.upkeep()
            #expect(try await heir.job(job.id, in: .default).status == .failed)
            #expect(heirMetrics.ended == [.failed: 1])
            revive.open()
            await dead.drain(seconds: 30)
            // Its late word does not count.
            #expect(deadMetrics.ended == [:])
        }
    }

    @Test func aLeaseThatIsRenewedIsNotLost() async throws {
        try await JobFixture.with { fixture in
            let begun = Gate()
            let go = Gate()
            let jobs = try await fixture.service { job, _, begin throws(OutpostError) in
                try await begin()
                begun.open()
                await go.wait()
                return .sample(job)
            }
            let job = try await jobs.submitOne()
            await begun.wait()
            for _ in 0..<5 {
                fixture.leases.advance(seconds: 20)
                await jobs.upkeep()
            }
            go.open()
            #expect(try await jobs.ended(job).status == .succeeded)
        }
    }

    @Test func aStopLetsRunningJobsFinishAndStartsNoOthers() async throws {
        try await JobFixture.with { fixture in
            let begun = Gate()
            let go = Gate()
            let jobs = try await fixture.service(workers: 1) { job, _, begin throws(OutpostError) in
                try await begin()
                begun.open()
                await go.wait()
                return .sample(job)
            }
            let running = try await jobs.submitOne()
            let waiting = try await jobs.submitOne()
            await begun.wait()
            async let drained: Void = jobs.drain(seconds: 60)
            go.open()
            await drained
            #expect(try await jobs.job(running.id, in: .default).status == .succeeded)
            #expect(try await jobs.job(waiting.id, in: .default).status == .queued)
        }
    }

    @Test func whatDoesNotFinishInTimeGoesBackUncounted() async throws {
        try await JobFixture.with { fixture in
            let begun = Gate()
            let jobs = try await fixture.service { job, _, begin throws(OutpostError) in
                try await begin()
                begun.open()
                await untilCancelled()
                return .sample(job, .cancelled)
            }
            let job = try await jobs.submitOne()
            await begun.wait()
            await jobs.drain(seconds: 0)
            let back = try await jobs.job(job.id, in: .default)
            #expect(back.status == .queued && back.attempt == 0)
        }
    }

    @Test func whoWaitsIsAnsweredWhenTheServerStops() async throws {
        try await JobFixture.with { fixture in
            let jobs = try await fixture.service(workers: 0) { job, _, _ throws(OutpostError) in .sample(job) }
            let job = try await jobs.submitOne()
            async let polled = jobs.job(job.id, in: .default, waitSeconds: 300)
            try await jobs.waiters.reach(1)
            await jobs.drain(seconds: 1)
            #expect(try await polled.status == .queued)
        }
    }

    @Test func everyWaiterHearsOfTheEnd() async throws {
        try await JobFixture.with { fixture in
            let go = Gate()
            let jobs = try await fixture.service { job, _, begin throws(OutpostError) in
                try await begin()
                await go.wait()
                return .sample(job)
            }
            let job = try await jobs.submitOne()
            try await withThrowingTaskGroup(of: JobStatus.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await jobs.job(job.id, in: .default, waitSeconds: 300).status }
                }
                try await jobs.waiters.reach(20)
                go.open()
                for try await status in group { #expect(status == .succeeded) }
            }
        }
    }
}

extension JobWaiters {
    /// Returns when so many wait.
    fileprivate func reach(_ wanted: Int) async throws {
        let deadline = ContinuousClock.now + hang
        while count < wanted {
            try #require(ContinuousClock.now < deadline, "only \(count) wait")
            await Task.yield()
        }
    }
}
