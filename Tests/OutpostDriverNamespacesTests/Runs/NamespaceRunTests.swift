// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostSandboxing
import OutpostTesting
import OutpostWire
import Testing

@testable import OutpostDriverNamespaces

/// A run's streams and its end.
@Suite(.reactor)
struct ProcessControlTests {
    @Test @Reactor func onlyTheFirstEndCounts() async throws {
        let run = try RunFixture()
        run.session.end(.exited(7))
        run.session.end(.sandboxDied)
        run.session.kill()
        #expect(await run.session.waitForEnd() == .exited(7))
        #expect(run.kills == 0 && run.heard.ends == 1)
    }

    /// The first kills may come before the program is in its cgroup.
    @Test(arguments: [1, 2, 4]) @Reactor func aRunThatIsToEndIsKilledUntilItHasEnded(deadly: Int) async throws {
        for isForMemory in [false, true] {
            let run = try RunFixture(deadly: deadly)
            if isForMemory { run.session.endForMemory() } else { run.session.kill() }
            #expect(await run.session.waitForEnd() == .signalled(9))
            #expect(run.kills == deadly)
            #expect(run.session.isOutOfMemory == isForMemory)
        }
    }

    @Test @Reactor func openCountersAreReadUntilTheEnd() async throws {
        let run = try RunFixture()
        #expect(!run.session.readCounters())
        let counters = try CgroupCounters(texts: ["usage_usec 250\n", "8192\n", "anon 1\nfile 4096\n"])
        run.session.take(counters)
        #expect(run.session.readCounters())
        #expect(run.heard.meters == [ProcessMeter(cpuMicroseconds: 250, memoryPeakBytes: 4096)])
        run.session.end(.exited(0))
        #expect(!run.session.readCounters())
        run.session.take(counters)
        #expect(!run.session.readCounters())
    }

    @Test @Reactor func theMemoryAlarmEndsTheRun() async throws {
        let run = try RunFixture()
        try run.ringAlarm()
        #expect(await run.session.waitForEnd() == .signalled(9))
        #expect(run.kills == 1 && run.session.isOutOfMemory)
    }

    @Test @Reactor func bothStreamsAreHeardToTheirEnd() async throws {
        let run = try RunFixture()
        try run.session.streams.programEnds[1].writeAll(Array("0123456789abcdef".utf8))
        try run.session.streams.programEnds[2].writeAll(Array("error".utf8))
        run.session.streams.sentProgramEnds(isAlone: false)
        await run.session.streams.stdout.waitForEnd(isAlone: false)
        await run.session.streams.stderr.waitForEnd(isAlone: false)
        #expect(run.heard.bytes == [.stdout: Array("0123456789abcdef".utf8), .stderr: Array("error".utf8)])
    }

    @Test @Reactor func muchOutputNeverFillsThePipe() async throws {
        let run = try RunFixture()
        let write = run.session.streams.programEnds[1]
        let size = 3 << 20
        try await BlockingPool.shared.run { try write.writeAll([UInt8](repeating: 7, count: size)) }
        run.session.streams.sentProgramEnds(isAlone: false)
        await run.session.streams.stdout.waitForEnd(isAlone: false)
        #expect(run.heard.bytes[.stdout]?.count == size)
    }

    /// The program waits then, as with any full pipe, and nothing is lost.
    @Test @Reactor func aListenerThatHasEnoughGetsNoMoreUntilItGoesOn() async throws {
        let run = try RunFixture()
        run.heard.isSlow = true
        let write = run.session.streams.programEnds[1]
        let input = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        async let writing: Void = BlockingPool.shared.run { try write.writeAll(input) }
        var count = 0
        while count < input.count {
            await run.heard.wait(for: count + 1, of: .stdout)
            count = run.heard.bytes[.stdout]?.count ?? 0
            #expect(run.session.isWaitingForListener)
            run.session.streams.stdout.resume()
        }
        try await writing
        run.heard.isSlow = false
        run.session.streams.sentProgramEnds(isAlone: false)
        await run.session.streams.stdout.waitForEnd(isAlone: false)
        #expect(run.heard.bytes[.stdout] == input)
    }

    @Test @Reactor func inputThatStaysOpenTakesMore() async throws {
        let run = try RunFixture(stdin: [1, 2], isInputOpen: true)
        let read = run.session.streams.programEnds[0]
        let all = (0..<300_000).map { UInt8(truncatingIfNeeded: $0) }
        async let received = BlockingPool.shared.run { try read.readAll() }
        for part in stride(from: 0, to: all.count, by: 50_000) {
            run.session.streams.stdin?.append(Array(all[part..<part + 50_000]))
        }
        run.session.streams.stdin?.finish()
        run.session.streams.stdin?.append([9, 9])
        #expect(try await received == [1, 2] + all)
    }

    @Test(arguments: [0, 1, 65_536, 1 << 20])
    @Reactor func theProgramReadsAllOfItsInputAndThenItsEnd(size: Int) async throws {
        let input = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        let run = try RunFixture(stdin: input)
        let read = run.session.streams.programEnds[0]
        let received = try await BlockingPool.shared.run { try read.readAll() }
        #expect(received == input)
    }

    @Test @Reactor func aProgramThatDoesNotReadItsInputIsNoError() async throws {
        ServerProcess.ignoreBrokenPipes()
        let run = try RunFixture(stdin: [UInt8](repeating: 0, count: 1 << 20))
        run.session.streams.sentProgramEnds(isAlone: false)
        run.session.end(.exited(0))
        await run.session.streams.stdout.waitForEnd(isAlone: false)
        #expect(await run.session.waitForEnd() == .exited(0))
    }

    @Test @Reactor func anAbandonedRunStopsWaitingForItsStreams() async throws {
        let run = try RunFixture()
        let held = try run.session.streams.programEnds[1].duplicate()
        run.session.abandon()
        await run.session.streams.stdout.waitForEnd(isAlone: false)
        #expect(run.heard.bytes == [:])
        withExtendedLifetime(held) {}
    }
}

extension Descriptor {
    /// Reads to the end; waits for it.
    fileprivate func readAll() throws(SystemError) -> [UInt8] {
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 10_000)
        while let count = try read(into: &buffer), count > 0 { all += buffer[..<count] }
        return all
    }
}
