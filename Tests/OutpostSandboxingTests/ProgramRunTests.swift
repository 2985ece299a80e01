// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostTesting
import Synchronization
import Testing

@testable import OutpostSandboxing

/// What ends a program that does not end by itself, whatever the driver.
@Suite(.reactor)
struct ProgramRunTests {
    @Test @Reactor func onlyTheFirstReasonCountsAndNoneAfterTheEnd() {
        let run = RunFixture()
        run.run.stop(for: .cancelled)
        run.run.stop(for: .wallTime)
        #expect(run.process.kills == 1 && run.run.stopped == .cancelled)
        let ended = RunFixture()
        ended.run.ended()
        ended.run.stop(for: .cancelled)
        #expect(ended.process.kills == 0 && ended.run.stopped == nil)
    }

    @Test @Reactor func whatIsAboveTheLimitIsCountedAndNotKept() {
        let run = RunFixture { $0.limits.maxOutputBytes = 10 }
        for part in ["012345", "6789ab", "cdef"] { #expect(run.run.took(Array(part.utf8), of: .stdout)) }
        #expect(run.run.took(Array("error".utf8), of: .stderr))
        #expect(run.run.stdout.output == CapturedOutput(bytes: Array("0123456789".utf8), total: 16))
        #expect(run.run.stderr.output == CapturedOutput(bytes: Array("error".utf8), total: 5))
    }

    @Test @Reactor func aSlowReaderStopsAStreamUntilItHasReadIt() async {
        let live = LiveOutput()
        let run = RunFixture(live: live)
        let pace = live.pace(after: 0)
        #expect(!run.run.took([UInt8](repeating: 1, count: 1 << 20), of: .stderr))
        #expect(run.process.resumed.isEmpty)
        live.leave(pace)
        // The resumption is an action of the reactor.
        while run.process.resumed.isEmpty { await Task.yield() }
        #expect(run.process.resumed == [.stderr])
        #expect(run.run.took([1], of: .stderr))
    }

    @Test(arguments: [false, true])
    @Reactor func whatIsStoppedOrHasEndedDoesNotWaitForReaders(isStopped: Bool) async {
        let live = LiveOutput()
        let run = RunFixture(live: live)
        let pace = live.pace(after: 0)
        #expect(!run.run.took([UInt8](repeating: 1, count: 1 << 20), of: .stdout))
        if isStopped { run.run.stop(for: .cancelled) } else { run.run.ended() }
        while run.process.resumed.isEmpty { await Task.yield() }
        #expect(run.run.took([UInt8](repeating: 1, count: 1 << 20), of: .stdout))
        live.leave(pace)
    }

    @Test @Reactor func aPauseIsNoTimeOfTheProgram() async {
        let run = RunFixture { $0.limits.timeoutMilliseconds = 100 }
        run.run.paused(true)
        await Self.pass(nanoseconds: 300_000_000)
        #expect(run.run.stopped == nil && run.run.durationMilliseconds < 100)
        run.run.paused(false)
        while run.run.stopped == nil { await Self.pass(nanoseconds: 10_000_000) }
        #expect(run.run.stopped == .wallTime && run.process.kills == 1)
        // What was stopped stays stopped.
        run.run.paused(true)
        run.run.paused(false)
        #expect(run.process.kills == 1)
    }

    @Test @Reactor func processorTimeIsReadAgainAfterAPause() async {
        let used = Mutex<UInt64>(0)
        let run = RunFixture {
            $0.cpuTimeMilliseconds = 50
        } meter: {
            ProcessMeter(cpuMicroseconds: used.withLock { $0 })
        }
        run.run.paused(true)
        used.withLock { $0 = 60_000 }
        await Self.pass(nanoseconds: 200_000_000)
        #expect(run.run.stopped == nil)
        run.run.paused(false)
        while run.run.stopped == nil { await Self.pass(nanoseconds: 10_000_000) }
        #expect(run.run.stopped == .processorTime)
    }

    @Reactor private static func pass(nanoseconds: UInt64) async {
        await withCheckedContinuation { continuation in
            _ = Reactor.schedule(afterNanoseconds: nanoseconds) { continuation.resume() }
        }
    }

    @Test @Reactor func theOrderOfBothStreamsIsKeptWhenItIsAskedFor() {
        for isInterleaved in [false, true] {
            let run = RunFixture { $0.isInterleaved = isInterleaved }
            _ = run.run.took([1, 2], of: .stdout)
            _ = run.run.took([3], of: .stderr)
            _ = run.run.took([4], of: .stdout)
            #expect(run.run.order?.turns.map(\.count) == (isInterleaved ? [2, 1, 1] : nil))
        }
    }

    @Test(arguments: [(10, nil), (11, ProgramStop.outputLimit), (100_000, .outputLimit)])
    @Reactor func aProgramIsKilledForItsOutputWhenItHasWrittenMoreThanIsKept(size: Int, stop: ProgramStop?) {
        let run = RunFixture {
            $0.limits.maxOutputBytes = 10
            $0.stopsAtOutputLimit = true
        }
        // The other stream is not counted.
        _ = run.run.took([UInt8](repeating: 7, count: 11), of: .stderr)
        _ = run.run.took([UInt8](repeating: 7, count: size), of: .stdout)
        #expect(run.run.stopped == stop && run.process.kills == (stop == nil ? 0 : 1))
    }

    @Test @Reactor func aProgramIsKilledWhenItIsSeenToHaveUsedMoreThanItsProcessorTime() async {
        var looks: [UInt64] = [500, 1000, 1001, 5000].reversed()
        let run = RunFixture {
            $0.cpuTimeMilliseconds = 1
            $0.limits.cpuCores = 1
        } meter: {
            ProcessMeter(cpuMicroseconds: looks.popLast() ?? 0)
        }
        await run.process.waitForKill()
        #expect(run.run.stopped == .processorTime && run.process.kills == 1)
        #expect(looks == [5000], "what is exactly the limit is allowed")
    }

    @Test @Reactor func aProgramThatUsesNothingIsNotKilledForItsProcessorTime() async {
        let run = RunFixture {
            $0.cpuTimeMilliseconds = 1
            $0.limits.timeoutMilliseconds = 50
        }
        await run.process.waitForKill()
        #expect(run.run.stopped == .wallTime && run.process.looks > 0)
    }

    @Test(.timeLimit(.minutes(5))) @Reactor func timeThatIsOverAtItsStartCounts() async {
        let run = RunFixture(after: 3_600_000_000_000)
        await run.process.waitForKill()
        #expect(run.run.stopped == .wallTime && run.run.durationMilliseconds >= 3_600_000)
    }

    @Test(arguments: [
        // How long it was kept from the processor, how long it may take at most, and when it is ended, in milliseconds.
        (0, 1000, 40), (30, 1000, 70), (60, 1000, 100), (1000, 100, 100), (.max, 80, 80), (60, 40, 40), (60, 0, 40),
    ])
    @Reactor func theWallTimeGrowsByWhatTheProgramWasKeptFromTheProcessor(stalled: Int, most: Int, end: Int) async {
        let stalledMicroseconds = stalled == .max ? UInt64.max / 1000 : UInt64(stalled) * 1000
        let run = elastic(40, most) { ProcessMeter(cpuMicroseconds: 0, stallMicroseconds: stalledMicroseconds) }
        await run.process.waitForKill()
        #expect(run.run.stopped == .wallTime && run.process.kills == 1)
        #expect(run.run.durationMilliseconds >= Double(end) - 2)
    }

    /// What a process waited is not known any more when it is gone.
    @Test @Reactor func aStallThatIsForgottenStillCounts() async {
        var answers: [UInt64] = [60_000, 0, 0, 0]
        let run = elastic(20, 60_000) {
            ProcessMeter(cpuMicroseconds: 0, stallMicroseconds: answers.isEmpty ? 0 : answers.removeFirst())
        }
        await run.process.waitForKill()
        #expect(run.run.stopped == .wallTime && run.run.durationMilliseconds >= 78)
    }

    /// It was asked before the wall time was over, so it does not know how long the program was kept from the processor.
    @Test @Reactor func anAnswerAboutTheProcessorTimeAloneDoesNotEndTheWallTime() async {
        let run = elastic(20, 60) { ProcessMeter(cpuMicroseconds: 0) }
        await run.process.waitForKill()
        #expect(run.run.stopped == .wallTime && run.run.durationMilliseconds >= 58)
    }

    @Test @Reactor func aMeterThatNeverAnswersEndsTheRunAtItsLastMoment() async {
        let run = elastic(20, 60) { nil }
        await run.process.waitForKill()
        #expect(run.run.stopped == .wallTime && run.run.durationMilliseconds >= 58)
    }

    @Reactor private func elastic(
        _ milliseconds: Int, _ most: Int, meter: @escaping @Reactor () -> ProcessMeter?
    ) -> RunFixture {
        RunFixture(
            {
                $0.limits.timeoutMilliseconds = milliseconds
                $0.starvedMilliseconds = most
            }, meter: meter)
    }
}
