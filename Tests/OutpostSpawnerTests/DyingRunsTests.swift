// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostWire
import Testing

@testable import OutpostSpawner

/// A run whose last processes do not die is answered once: when they have died, or before, when nobody waits any more.
struct DyingRunsTests {
    private func run(_ number: UInt64) -> DyingRuns.Run {
        DyingRuns.Run(
            number: number, request: number + 100,
            usage: RunUsage(
                cpuMicroseconds: number, memoryPeakBytes: 2, memoryKills: 0, processRefusals: 0, freeBytes: nil,
                freeFiles: nil))
    }

    private func dying() -> DyingRuns {
        var runs = DyingRuns()
        runs.insert(run(1), in: "s1/r1")
        runs.insert(run(2), in: "s1/r2")
        return runs
    }

    @Test func whatHasDiedIsAnsweredByItsCgroup() {
        var runs = dying()
        #expect(runs.end(in: "s1/r2") == run(2))
        #expect(runs.end(in: "s1/r2") == nil)
        #expect(runs.end(in: "s1/other") == nil)
        #expect(runs.cgroups == ["s1/r1"])
    }

    @Test func oneThatIsLeftTellsWhatItUsedAndIsNotAnsweredAgain() {
        var runs = dying()
        #expect(runs.abandon(1)?.cpuMicroseconds == 1)
        #expect(runs.abandon(1) == nil)
        #expect(runs.end(in: "s1/r1") == nil)
        #expect(!runs.isEmpty && runs.cgroups == ["s1/r2"])
    }

    @Test func whatIsNotDyingCannotBeLeft() {
        var runs = dying()
        #expect(runs.abandon(3) == nil)
        #expect(runs.cgroups.count == 2)
    }
}
