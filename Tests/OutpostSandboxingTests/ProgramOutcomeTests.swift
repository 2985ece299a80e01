// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostTesting
import Testing

@testable import OutpostSandboxing

/// Why a run ended is decided by what the host measured, in one order.
@Suite(.reactor)
struct ProgramOutcomeTests {
    private static let killed = ProcessExit.End.signalled(9)
    private static let full = ProcessUsage.with(freeBytes: 0)

    /// A run whose time was up.
    @Reactor private func timedOut() async -> RunFixture {
        let run = RunFixture { $0.limits.timeoutMilliseconds = 1 }
        await run.process.waitForKill()
        return run
    }

    @Reactor private func cancelled() -> RunFixture {
        let run = RunFixture()
        run.run.stop(for: .cancelled)
        return run
    }

    @Test @Reactor func aRunThatMetNoLimitEndsAsItSays() throws {
        let run = RunFixture()
        let result = try run.result(.exited(3))
        #expect(result.end == .exited(3))
        #expect(result.cause == nil)
        #expect(result.cpuTimeMilliseconds == 1.5)
        #expect(result.memoryPeakBytes == 4096)
        #expect(try run.result(.signalled(11)).end == .signalled("SIGSEGV"))
    }

    @Test @Reactor func memoryComesBeforeEverything() async throws {
        let usage = ProcessUsage.with(memoryKills: 1, freeBytes: 0)
        #expect(try await timedOut().result(Self.killed, usage: usage).cause == .memory)
        #expect(try cancelled().result(Self.killed, usage: usage).cause == .memory)
        #expect(try RunFixture().result(.exited(137), usage: usage).cause == .memory)
        #expect(try RunFixture().result(.exited(0), usage: usage).cause == .memory)
    }

    @Test @Reactor func whatTheDriverSaysOfMemoryCountsWhenTheKernelKilledNothingItself() throws {
        #expect(try RunFixture().result(Self.killed, isOutOfMemory: true).cause == .memory)
    }

    @Test(arguments: [ProcessExit.End.exited(0), .exited(3), .signalled(11)])
    @Reactor func aProgramThatHasUsedMoreThanItsProcessorTimeTimedOutThoughNobodyLooked(
        own: ProcessExit.End
    ) throws {
        let result = try RunFixture().result(own, usage: .with(cpuMicroseconds: 20_001), cpuTime: 20)
        #expect(result.cause == .processorTime)
        #expect(result.end == .signalled("SIGKILL"))
        let exact = try RunFixture().result(.exited(0), usage: .with(cpuMicroseconds: 20_000), cpuTime: 20)
        #expect(exact.cause == nil)
        #expect(exact.end == .exited(0))
    }

    /// What reports its end was late then, and not the program.
    @Test @Reactor func aProgramThatEndedByItselfWithinTimeThatGrowsWasNotStopped() async throws {
        let own = try await timedOut().result(.exited(0), starved: 60_000)
        #expect(own.cause == nil)
        #expect(own.end == .exited(0))
        #expect(try await timedOut().result(.exited(0)).cause == .timeout)
        #expect(try await timedOut().result(Self.killed, starved: 60_000).cause == .timeout)
        let used = ProcessUsage.with(cpuMicroseconds: 20_001)
        #expect(
            try await timedOut().result(.exited(0), usage: used, cpuTime: 20, starved: 60_000).cause == .processorTime)
        #expect(try cancelled().result(.exited(0), starved: 60_000).cause == .cancelled)
    }

    @Test @Reactor func theLimitThatIsToldIsThatOfProcessorTimeWhenBothAreMet() async throws {
        let usage = ProcessUsage.with(cpuMicroseconds: 20_001)
        #expect(try await timedOut().result(Self.killed, usage: usage, cpuTime: 20).cause == .processorTime)
        #expect(try await timedOut().result(Self.killed, usage: usage, cpuTime: 21).cause == .timeout)
        #expect(try cancelled().result(Self.killed, usage: usage, cpuTime: 20).cause == .cancelled)
    }

    /// The most that was charged, the files at the end, and what is the program's, all in MiB; its limit is 512.
    private static let peaks: [(UInt64, UInt64, Int)] = [
        (100, 0, 100), (100, 60, 40), (100, 100, 0), (100, 101, 0), (513, 0, 512), (600, 50, 512), (0, 0, 0), (0, 1, 0),
        (1 << 40, 0, 512), (1 << 40, 1 << 40, 0), (512, 1, 511),
    ]

    @Test(arguments: peaks)
    @Reactor func filesAreNotTheProgramsMemoryNorIsAnythingAboveItsLimit(
        peak: UInt64, files: UInt64, own: Int
    ) throws {
        var usage = ProcessUsage.plain
        usage.memoryPeakBytes = peak << 20
        usage.fileBytes = files << 20
        #expect(try RunFixture().result(.exited(0), usage: usage).memoryPeakBytes == own << 20)
        usage.memoryKills = 1
        #expect(
            try RunFixture().result(Self.killed, usage: usage).memoryPeakBytes == Int(min(peak, 512)) << 20,
            "all that was charged is why it was killed")
    }

    @Test @Reactor func timeComesBeforeAFullDisk() async throws {
        #expect(try await timedOut().result(Self.killed, usage: Self.full).cause == .timeout)
    }

    @Test @Reactor func aCancelledRunIsCancelledWhateverItsDisk() throws {
        let result = try cancelled().result(Self.killed, usage: Self.full)
        #expect(result.cause == .cancelled)
        #expect(result.end == .signalled("SIGKILL"))
    }

    @Test(arguments: [ProcessExit.End.exited(0), .exited(3), .signalled(11)])
    @Reactor func aProgramThatEndsWhileItIsStoppedWasStopped(own: ProcessExit.End) async throws {
        let late = try await timedOut().result(own)
        #expect(late.cause == .timeout)
        #expect(late.end == .signalled("SIGKILL"))
        let unwanted = try cancelled().result(own)
        #expect(unwanted.cause == .cancelled)
        #expect(unwanted.end == .signalled("SIGKILL"))
    }

    @Test @Reactor func aRunWhoseTimeIsUpCannotBeCancelledAnyMore() async throws {
        let run = await timedOut()
        run.run.stop(for: .cancelled)
        #expect(try run.result(Self.killed).cause == .timeout)
    }

    @Test @Reactor func aProgramThatSucceededDidNotMissTheSpace() throws {
        #expect(try RunFixture().result(.exited(0), usage: Self.full).cause == nil)
    }

    @Test(arguments: [
        ProcessUsage.with(freeBytes: 0), .with(freeBytes: 65_535), .with(freeFiles: 0),
        .with(freeBytes: nil, freeFiles: 0),
    ])
    @Reactor func aProgramThatFailedOnAFullDiskFailedBecauseOfIt(usage: ProcessUsage) throws {
        #expect(try RunFixture().result(.exited(1), usage: usage).cause == .diskFull)
    }

    @Test(arguments: [ProcessUsage.with(freeBytes: 65_536), .with(freeBytes: nil, freeFiles: nil), .with(freeFiles: 1)])
    @Reactor func aProgramThatFailedWithSpaceLeftFailedByItself(usage: ProcessUsage) throws {
        #expect(try RunFixture().result(.exited(1), usage: usage).cause == nil)
    }

    @Test(arguments: [
        ("OSError: [Errno 28] No space left on device", UInt64(1 << 20), true),
        ("Error: ENOSPC: write", 1 << 20, true), ("ValueError", 1 << 20, false), ("ENOSPC", 8 << 20, false),
    ])
    @Reactor func aProgramsOwnWordsCountOnADiskThatIsNearlyFull(words: String, free: UInt64, isFull: Bool) async throws
    {
        for stream in LiveOutput.Stream.allCases {
            let run = RunFixture()
            _ = run.run.took(Array(words.utf8), of: stream)
            let result = try run.result(.exited(1), usage: .with(freeBytes: free))
            #expect(result.cause == (isFull ? .diskFull : nil))
        }
    }

    private static let heapWords = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n"

    /// How it ended, what it said, and the most MiB that it used of 512.
    @Test(arguments: [
        (ProcessExit.End.signalled(6), heapWords, UInt64(400), true), (.signalled(6), heapWords, 171, true),
        (.signalled(6), heapWords, 170, false), (.signalled(6), "assertion failed", 500, false),
        (.signalled(6), "", 500, false), (.signalled(11), heapWords, 500, false), (.exited(134), heapWords, 500, false),
        (.exited(1), heapWords, 500, false), (.exited(0), heapWords, 500, false),
        (.signalled(6), heapWords + String(repeating: "x", count: 20_000), 500, false),
    ])
    @Reactor func aHeapThatIsFullIsMemoryThatIsUsedUp(
        ending: ProcessExit.End, words: String, peak: UInt64, isMemory: Bool
    ) async throws {
        let run = RunFixture { $0.limits.maxOutputBytes = 1 << 20 }
        _ = run.run.took(Array(words.utf8), of: .stderr)
        var usage = ProcessUsage.plain
        usage.memoryPeakBytes = peak << 20
        let result = try run.result(ending, usage: usage)
        #expect(result.cause == (isMemory ? .memory : nil))
        if isMemory { #expect(result.end == .signalled("SIGABRT")) }
    }

    @Test @Reactor func anAgentThatDiedIsOurFaultUnlessTheHostEndedTheRun() async throws {
        let error = #expect(throws: OutpostError.self) { try RunFixture().result(.lost) }
        #expect(error?.code == .internal)
        let result = try RunFixture().result(.lost, usage: .with(memoryKills: 1))
        #expect(result.cause == .memory)
        #expect(result.end == .signalled("SIGKILL"))
    }

    @Test @Reactor func aProgramThatCannotBeExecutedIsNotStarted() throws {
        let ending = ProcessExit.End.refused(StartFailure(.execute, errno: 2, detail: "execute nope"))
        let result = try RunFixture().result(ending, arguments: ["nope"])
        #expect(result.end == .notStarted("outpost: nope: No such file or directory\n"))
        #expect(result.cause == nil)
    }

    @Test @Reactor func aDirectoryThatCannotBeEnteredIsTheCallersMistake() throws {
        let error = try refusal(.refused(StartFailure(.directory, errno: 20, detail: "enter")))
        #expect(error.code == .invalidRequest)
        #expect(error.details.map(\.parameter) == [.workingDirectory])
    }

    @Test @Reactor func aFileThatCannotBeWrittenIsNamed() throws {
        let error = try refusal(.refused(StartFailure(.file(position: 1), errno: 13, detail: "write")))
        #expect(error.code == .invalidRequest)
        #expect(error.message == "/etc/b cannot be written: Permission denied")
        #expect(error.details.map(\.parameter) == [.files])
    }

    @Test @Reactor func codeThatCannotBeWrittenBlamesTheWorkingDirectory() throws {
        let error = try refusal(.refused(StartFailure(.file(position: 2), errno: 36, detail: "write")))
        #expect(error.details.map(\.parameter) == [.workingDirectory])
    }

    @Test(arguments: [-1, 3, 1000])
    @Reactor func aPositionThatTheAgentInventedIsNoTrap(position: Int) throws {
        let error = try refusal(.refused(StartFailure(.file(position: position), errno: 13, detail: "write")))
        #expect(error.code == .invalidRequest)
    }

    @Test @Reactor func afileThatDoesNotFitOnTheDiskIsAFullDisk() throws {
        let result = try RunFixture().result(
            .refused(StartFailure(.file(position: 0), errno: 28, detail: "write the file /w/a")))
        #expect(result.cause == .diskFull)
        #expect(result.end == .notStarted("outpost: write the file /w/a: No space left on device\n"))
    }

    @Test @Reactor func aStepOfOursThatFailedIsOurFault() throws {
        #expect(try refusal(.refused(StartFailure(.setup, errno: 1, detail: "setIDs"))).code == .internal)
    }

    @Reactor private func refusal(_ ending: ProcessExit.End) throws -> OutpostError {
        let files = ["/w/a", "/etc/b", "/own/w/main.py"].map { SandboxFile(path: $0, content: []) }
        let run = RunFixture()
        return try #require(throws: OutpostError.self) { try run.result(ending, files: files) }
    }
}
