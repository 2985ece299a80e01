// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostJobs
import OutpostStore
import Testing

/// What the results of a namespace may take.
struct JobStorageTests {
    private let oneMebibyte = QuotaPolicy(standard: .init([.storedResults: 1]))

    private func text(_ count: Int) -> ScriptedRunner.Script {
        { job, _, begin throws(OutpostError) in
            try await begin()
            return .sample(job, stdout: String(repeating: "x", count: count))
        }
    }

    @Test func aFullNamespaceHandsInNoMoreUntilItsResultsExpireAndAnotherDoes() async throws {
        try await JobFixture.with { fixture in
            let jobs = try await fixture.service(quotas: oneMebibyte, run: text(600_000))
            let first = try await jobs.ended(try await jobs.submitOne())
            #expect(first.result?.stdout.bytes.count == 600_000)
            // What has run already is kept as far as there is room, and says what is missing.
            let second = try await jobs.ended(try await jobs.submitOne())
            #expect(second.status == .succeeded && second.error?.code == .insufficientStorage)
            #expect(second.error?.message.contains("quota stored_results_mb, limit 1, in use 1") == true)
            #expect(second.result?.stdout.total == 600_000 && second.result?.stdout.isTruncated == true)
            let many = [JobRequest](repeating: .sample(), count: 100)
            let refusal = await #expect(throws: OutpostError.self) { try await jobs.submit(many, in: .default) }
            #expect(refusal?.code == .insufficientStorage && refusal?.retryAfter == 60)
            #expect(
                refusal?.message == "the namespace default has reached its quota stored_results_mb, limit 1, in use 1")
            let team = try #require(NamespaceName("team-a"))
            #expect(try await jobs.ended(try await jobs.submitOne(in: team)).result?.stdout.bytes.count == 600_000)
            #expect(try await jobs.job(first.id, in: .default).result?.stdout.bytes.count == 600_000)
            fixture.wall.set(8 * 86_400)
            await jobs.upkeep()
            let standing = try await jobs.standings(of: .default).first { $0.quota == .storedResults }
            #expect(standing == QuotaStanding(.storedResults, limit: 1, used: 0))
            #expect(try await jobs.submit(many, in: .default).count == 100)
        }
    }

    @Test(arguments: [10, 600_000]) func roomIsMadeBeforeAResultIsRead(count: Int) async throws {
        try await JobFixture.with { fixture in
            let jobs = try await fixture.service(run: text(count))
            let job = try await jobs.ended(try await jobs.submitOne())
            let asked = Tally<Int>()
            _ = try await jobs.job(job.id, in: .default) { asked.note($0) }
            _ = try await jobs.logs(job.id, in: .default) { asked.note($0) }
            _ = try await jobs.cancel(job.id, in: .default) { asked.note($0) }
            try await jobs.follow(job.id, in: .default, room: { asked.note($0) }) { event in
                if case .output(_, let bytes) = event { #expect(bytes.count <= 64 << 10) }
            }
            #expect(asked.all.count == 4 && asked.all.allSatisfy { $0 >= 2 * count })
            let refusal = await #expect(throws: OutpostError.self) {
                try await jobs.job(job.id, in: .default) { _ throws(OutpostError) in
                    throw OutpostError(.rateLimited, "no room")
                }
            }
            #expect(refusal?.code == .rateLimited)
        }
    }

    @Test func whatIsCutIsCutInTheOrderOfBothStreamsToo() async throws {
        try await JobFixture.with { fixture in
            let bytes = [UInt8](repeating: 0x78, count: 600_000)
            let jobs = try await fixture.service(quotas: oneMebibyte) { job, _, begin throws(OutpostError) in
                try await begin()
                var execution = Execution.sample(job)
                execution.stdout = CapturedOutput(bytes: bytes, total: 900_000, headCount: 500_000)
                execution.output = [.init(stream: .stdout, bytes: bytes)]
                return execution
            }
            let cut = try #require(try await jobs.ended(try await jobs.submitOne()).result)
            #expect(cut.stdout.total == 900_000 && cut.stdout.headCount == cut.stdout.bytes.count)
            #expect(cut.stdout.bytes.count < 4096 && !cut.stdout.bytes.isEmpty)
            #expect(cut.output == [OutputPiece(stream: .stdout, bytes: cut.stdout.bytes)])
        }
    }

    @Test func withoutANumberItIsAShareOfTheDisk() async throws {
        try await JobFixture.with { fixture in
            let jobs = try await fixture.service(freeBytes: 4 << 20, run: text(2_900_000))
            #expect(try await jobs.ended(try await jobs.submitOne()).error == nil)
            // The double has as much free as before, and the namespace holds half of its share of the rest.
            let standing = try await jobs.standings(of: .default).first { $0.quota == .storedResults }
            #expect(standing == QuotaStanding(.storedResults, limit: 5, used: 3))
            let full = try await fixture.service(freeBytes: 0, name: "v", run: text(1))
            let refusal = await #expect(throws: OutpostError.self) { try await full.submitOne() }
            #expect(refusal?.code == .insufficientStorage)
            #expect(refusal?.message.contains("has used up its share of stored_results_mb, in use 2") == true)
        }
    }

    @Test func smallResultsAreNeverCut() async throws {
        try await JobFixture.with { fixture in
            let jobs = try await fixture.service(quotas: oneMebibyte, run: text(2000))
            var kept: [Job] = []
            let refusal = await #expect(throws: OutpostError.self) {
                while true { kept.append(try await jobs.submitOne()) }
            }
            #expect(refusal?.code == .insufficientStorage)
            for job in kept {
                let ended = try await jobs.ended(job)
                #expect(ended.error == nil && ended.result?.stdout.bytes.count == 2000)
            }
        }
    }
}
