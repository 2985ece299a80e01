// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import OutpostTesting
import Testing

@testable import OutpostEngine

/// How much output of a namespace may be in memory, and what waits for room.
struct OutputShareTests {
    private let ledger = QuotaLedger(policy: QuotaPolicy(standard: .init([.output: 10])), capacities: [:])
    private let line: OutputLine

    init() { line = OutputLine(quotas: ledger) }

    private func share() -> OutputShare { OutputShare(line, in: .default) }

    private var used: Int { ledger.used(.output, in: .default) >> 20 }

    @Test func aRefusalNamesTheQuotaAndChangesNothing() async throws {
        let share = share()
        try share.reserve(8 << 20)
        let error = try #require(throws: OutpostError.self) { try share.reserve(11 << 20) }
        #expect(error.code == .rateLimited)
        #expect(error.message == "the namespace default has reached its quota output_mb, limit 10, in use 8")
        #expect(used == 8)
        try share.reserve(3 << 20)
        #expect(used == 8)
        share.shrink(to: 1 << 20)
        #expect(used == 1)
    }

    @Test func aReleasedShareIsCountedNoMore() async throws {
        do {
            let share = share()
            try share.reserve(8 << 20)
            #expect(used == 8)
        }
        #expect(used == 0)
    }

    @Test func outputWaitsUntilOtherOutputHasBeenSent() async throws {
        let first = share()
        try first.reserve(6 << 20)
        let largest = share()
        // Nobody else would make room for it, so it does not wait.
        await largest.wait(for: 20 << 20)
        #expect(used == 26)
        let waiting = Task { [share = share()] in
            await share.wait(for: 5 << 20)
            return share
        }
        await waitUntil { line.waitingCount == 1 }
        first.shrink(to: 0)
        #expect(line.waitingCount == 1)
        largest.shrink(to: 5 << 20)
        let admitted = await waiting.value
        #expect(admitted.bytes == 5 << 20 && used == 10)
    }

    @Test func onlyOneShareMayExceedTheQuotaAndItNeverWaits() async throws {
        var first: OutputShare? = share()
        await first?.wait(for: 11 << 20)
        await first?.wait(for: 30 << 20)
        let waiting = (0..<2).map { _ in
            Task { [share = share()] in
                await share.wait(for: 20 << 20)
                return share
            }
        }
        await waitUntil { line.waitingCount == 2 }
        #expect(used == 30)
        first = nil
        await waitUntil { line.waitingCount == 1 }
        #expect(used == 20)
        line.close()
        for task in waiting { _ = await task.value }
    }

    @Test func aCancelledTaskDoesNotWait() async throws {
        let first = share()
        await first.wait(for: 11 << 20)
        let waiting = Task { [share = share()] in
            await share.wait(for: 5 << 20)
            return share
        }
        await waitUntil { line.waitingCount == 1 }
        waiting.cancel()
        #expect(await waiting.value.bytes == 5 << 20)
        #expect(first.bytes == 11 << 20)
    }

    // MARK: - Runs

    @Test func aRunReservesWhatItsOutputCanTake() async throws {
        let fixture = try await EngineFixture { $0.quotas.standard.values[.output] = 3 }
        let id = try await fixture.create(.ephemeral)
        let held = await fixture.hold(id, "a")
        // Both streams of 1 MiB, with a quarter more for the end of each.
        #expect(fixture.engine.quotas.used(.output) == 5 << 19)
        let error = try await #require(throws: OutpostError.self) { try await fixture.exec(id, "true") }
        #expect(error.code == .rateLimited && error.message.contains("output_mb, limit 3, in use 3"))
        fixture.driver.held.finish("a")
        _ = try await held.value
        #expect(fixture.engine.quotas.used(.output) == 0)
        #expect(try await fixture.exec(id, "true").status == .succeeded)
    }

    @Test func aRunOfTheQueueWaitsForItsMemory() async throws {
        let fixture = try await EngineFixture { $0.quotas.standard.values[.output] = 3 }
        let id = try await fixture.create(.ephemeral)
        let held = await fixture.hold(id, "a")
        let request = ExecutionRequest(program: .command(["true"]))
        let other = fixture.engine.outputMemory(in: .default)
        await other.wait(for: 1 << 20)
        let queued = Task {
            try await fixture.engine.sandboxes.exec(request, id: id, in: .default, watch: RunWatch(isQueued: true))
        }
        await waitUntil { fixture.engine.output.waitingCount == 1 }
        #expect(fixture.engine.runsInProgress == 2)
        fixture.driver.held.finish("a")
        _ = try await held.value
        other.shrink(to: 0)
        #expect(try await queued.value.status == .succeeded)
    }
}
