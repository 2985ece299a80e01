// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostDrivers
import OutpostLinux
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
        guard case .exited(7) = await run.session.waitForEnd(timeoutMilliseconds: 60_000) else {
            Issue.record("another end was taken")
            return
        }
        #expect(run.kills == 0)
        #expect(!run.session.isCancelled)
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
