// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostDrivers
import OutpostLinux
import OutpostWire
import Testing

@testable import OutpostDriverNamespaces

/// A run's streams and its end.
@Suite(.reactor)
struct RunSessionTests {
    @Test @Reactor func onlyTheFirstEndCounts() async throws {
        let run = try RunFixture()
        run.session.end(.exited(7))
        run.session.end(.sandboxDied)
        run.session.cancel()
        guard case .exited(7) = await run.session.waitForEnd(WallTimeLimit(milliseconds: 60_000)) else {
            Issue.record("another end was taken")
            return
        }
        #expect(run.kills == 0)
        #expect(run.session.stopped == nil)
    }

    /// The first kills may come before the program is in its cgroup.
    @Test(arguments: [1, 2, 4]) @Reactor func aRunThatIsToEndIsKilledUntilItHasEnded(deadly: Int) async throws {
        for isForMemory in [false, true] {
            let run = try RunFixture(deadly: deadly)
            if isForMemory { run.session.endForMemory() } else { run.session.cancel() }
            guard case .signalled(9) = await run.session.waitForEnd(WallTimeLimit(milliseconds: 60_000)) else {
                Issue.record("it was not killed")
                return
            }
            #expect(run.kills == deadly)
            #expect(run.session.isOutOfMemory == isForMemory)
            #expect(run.session.stopped == (isForMemory ? nil : .cancelled))
        }
    }

    @Test @Reactor func whatIsAboveTheLimitIsCountedAndNotKept() async throws {
        let run = try RunFixture(outputLimit: 10)
        try run.session.programEnds[1].writeAll(Array("0123456789abcdef".utf8))
        try run.session.programEnds[2].writeAll(Array("error".utf8))
        run.session.sentProgramEnds()
        await run.session.stdout.waitForEnd()
        await run.session.stderr.waitForEnd()
        #expect(run.session.stdout.output == CapturedOutput(bytes: Array("0123456789".utf8), total: 16))
        #expect(run.session.stderr.output == CapturedOutput(bytes: Array("error".utf8), total: 5))
    }

    @Test @Reactor func aProgramIsKilledWhenItIsSeenToHaveUsedMoreThanItsProcessorTime() async throws {
        var looks: [UInt64] = [500, 1000, 1001, 5000].reversed()
        let run = try RunFixture { RunMeter(cpuMicroseconds: looks.popLast() ?? 0) }
        let limit = ProcessorTimeLimit(milliseconds: 1, cores: 1, hostCores: 2)
        guard case .signalled(9) = await run.session.waitForEnd(WallTimeLimit(milliseconds: 60_000), processor: limit)
        else {
            Issue.record("it was not killed")
            return
        }
        #expect(run.session.stopped == .processorTime)
        #expect(run.kills == 1)
        #expect(looks == [5000], "what is exactly the limit is allowed")
    }

    @Test @Reactor func aProgramThatUsesNothingIsNotKilledForItsProcessorTime() async throws {
        var looks = 0
        let run = try RunFixture {
            looks += 1
            return RunMeter(cpuMicroseconds: 0)
        }
        let limit = ProcessorTimeLimit(milliseconds: 1, cores: 1, hostCores: 2)
        _ = await run.session.waitForEnd(WallTimeLimit(milliseconds: 50), processor: limit)
        #expect(run.session.stopped == .wallTime)
        #expect(looks > 0)
    }

    @Test(arguments: [
        // How long it was kept from the processor, how long it may take at most, and when it is ended, in milliseconds.
        (0, 1000, 40), (30, 1000, 70), (60, 1000, 100), (1000, 100, 100), (.max, 80, 80), (60, 40, 40), (60, 0, 40),
    ])
    @Reactor func theWallTimeGrowsByWhatTheProgramWasKeptFromTheProcessor(stalled: Int, most: Int, end: Int)
        async throws
    {
        let stalledMicroseconds = stalled == .max ? UInt64.max / 1000 : UInt64(stalled) * 1000
        let run = try RunFixture { RunMeter(cpuMicroseconds: 0, stallMicroseconds: stalledMicroseconds) }
        _ = await run.session.waitForEnd(WallTimeLimit(milliseconds: 40, most: most))
        #expect(run.session.stopped == .wallTime)
        #expect(run.session.durationMilliseconds >= Double(end) - 2)
        #expect(run.kills == 1)
    }

    /// What a process waited is not known any more when it is gone.
    @Test @Reactor func aStallThatIsForgottenStillCounts() async throws {
        var answers: [UInt64] = [60_000, 0, 0, 0]
        let run = try RunFixture {
            RunMeter(cpuMicroseconds: 0, stallMicroseconds: answers.isEmpty ? 0 : answers.removeFirst())
        }
        _ = await run.session.waitForEnd(WallTimeLimit(milliseconds: 20, most: 60_000))
        #expect(run.session.stopped == .wallTime)
        #expect(run.session.durationMilliseconds >= 78)
    }

    /// It was asked before the wall time was over, so it does not know how long the program was kept from the processor.
    @Test @Reactor func anAnswerAboutTheProcessorTimeAloneDoesNotEndTheWallTime() async throws {
        let run = try RunFixture { RunMeter(cpuMicroseconds: 0) }
        _ = await run.session.waitForEnd(WallTimeLimit(milliseconds: 20, most: 60))
        #expect(run.session.stopped == .wallTime)
        #expect(run.session.durationMilliseconds >= 58)
    }

    @Test @Reactor func aMeterThatNeverAnswersEndsTheRunAtItsLastMoment() async throws {
        let run = try RunFixture(stdin: [], meters: false)
        _ = await run.session.waitForEnd(WallTimeLimit(milliseconds: 20, most: 60))
        #expect(run.session.stopped == .wallTime)
        #expect(run.session.durationMilliseconds >= 58)
    }

    @Test(arguments: [(10, nil), (11, RunSession.Stop.outputLimit), (100_000, .outputLimit)])
    @Reactor func aProgramIsKilledForItsOutputWhenItHasWrittenMoreThanIsKept(
        size: Int, stop: RunSession.Stop?
    ) async throws {
        let run = try RunFixture(outputLimit: 10, stopsAtLimit: true)
        let write = run.session.programEnds[1]
        try await BlockingPool.shared.run { try write.writeAll([UInt8](repeating: 7, count: size)) }
        // The other stream is not counted.
        try run.session.programEnds[2].writeAll([UInt8](repeating: 7, count: 11))
        if stop == nil {
            run.session.sentProgramEnds()
            await run.session.stdout.waitForEnd()
        } else {
            guard case .signalled(9) = await run.session.waitForEnd(WallTimeLimit(milliseconds: 60_000)) else {
                Issue.record("it was not killed")
                return
            }
        }
        #expect(run.session.stopped == stop)
        #expect(run.kills == (stop == nil ? 0 : 1))
    }

    @Test @Reactor func muchOutputNeverFillsThePipe() async throws {
        let run = try RunFixture(outputLimit: 100)
        let write = run.session.programEnds[1]
        let size = 3 << 20
        try await BlockingPool.shared.run { try write.writeAll([UInt8](repeating: 7, count: size)) }
        run.session.sentProgramEnds()
        await run.session.stdout.waitForEnd()
        #expect(run.session.stdout.output.total == size)
        #expect(run.session.stdout.output.bytes.count == 100)
    }

    @Test(arguments: [0, 1, 65_536, 1 << 20])
    @Reactor func theProgramReadsAllOfItsInputAndThenItsEnd(size: Int) async throws {
        let input = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        let run = try RunFixture(stdin: input)
        let read = run.session.programEnds[0]
        let received = try await BlockingPool.shared.run {
            var all: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 10_000)
            while let count = try read.read(into: &buffer), count > 0 { all += buffer[..<count] }
            return all
        }
        #expect(received == input)
    }

    @Test @Reactor func aProgramThatDoesNotReadItsInputIsNoError() async throws {
        ServerProcess.ignoreBrokenPipes()
        let run = try RunFixture(stdin: [UInt8](repeating: 0, count: 1 << 20))
        run.session.sentProgramEnds()
        run.session.end(.exited(0))
        await run.session.stdout.waitForEnd()
        #expect(try run.result(.exited(0)).cause == nil)
    }

    @Test @Reactor func anAbandonedRunStopsWaitingForItsStreams() async throws {
        let run = try RunFixture()
        let held = try run.session.programEnds[1].duplicate()
        run.session.abandon()
        await run.session.stdout.waitForEnd()
        #expect(run.session.stdout.output.total == 0)
        withExtendedLifetime(held) {}
    }
}
