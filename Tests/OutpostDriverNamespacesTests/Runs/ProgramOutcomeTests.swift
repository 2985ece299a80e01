// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostDrivers
import OutpostLinux
import OutpostWire
import Testing

@testable import OutpostDriverNamespaces

/// Why a run ended is decided by what the host measured, in one order.
@Suite(.reactor)
struct ProgramOutcomeTests {
    private static let killed = RunSession.Ending.signalled(9)
    private static let full = RunUsage.with(freeBytes: 0)

    /// A run whose time was up.
    @Reactor private func timedOut() async throws -> RunFixture {
        let run = try RunFixture()
        guard case .signalled(9) = await run.session.waitForEnd(timeoutMilliseconds: 1) else {
            throw SystemError("time out", number: 0)
        }
        return run
    }

    @Reactor private func cancelled() throws -> RunFixture {
        let run = try RunFixture()
        run.session.cancel()
        return run
    }

    @Test @Reactor func aRunThatMetNoLimitEndsAsItSays() throws {
        let run = try RunFixture()
        let result = try run.result(.exited(3))
        #expect(result.end == .exited(3))
        #expect(result.cause == nil)
        #expect(result.cpuTimeMilliseconds == 1.5)
        #expect(result.memoryPeakBytes == 4096)
        #expect(try run.result(.signalled(11)).end == .signalled("SIGSEGV"))
    }

    @Test @Reactor func memoryComesBeforeEverything() async throws {
        let usage = RunUsage.with(memoryKills: 1, freeBytes: 0)
        #expect(try await timedOut().result(Self.killed, usage: usage).cause == .memory)
        #expect(try cancelled().result(Self.killed, usage: usage).cause == .memory)
        #expect(try RunFixture().result(.exited(137), usage: usage).cause == .memory)
        #expect(try RunFixture().result(.exited(0), usage: usage).cause == .memory)
    }

    @Test @Reactor func theMemoryAlarmCountsWhenTheKernelKilledNothingItself() async throws {
        let run = try RunFixture()
        try run.ringAlarm()
        guard case .signalled(9) = await run.session.waitForEnd(timeoutMilliseconds: 60_000) else {
            throw SystemError("see the alarm", number: 0)
        }
        #expect(run.kills == 1)
        #expect(try run.result(Self.killed).cause == .memory)
    }

    @Test @Reactor func timeComesBeforeAFullDisk() async throws {
        #expect(try await timedOut().result(Self.killed, usage: Self.full).cause == .timeout)
    }

    @Test @Reactor func aCancelledRunIsCancelledWhateverItsDisk() throws {
        let result = try cancelled().result(Self.killed, usage: Self.full)
        #expect(result.cause == .cancelled)
        #expect(result.end == .signalled("SIGKILL"))
    }

    @Test(arguments: [RunSession.Ending.exited(0), .exited(3), .signalled(11)])
    @Reactor func aProgramThatEndsWhileItIsStoppedWasStopped(own: RunSession.Ending) async throws {
        let late = try await timedOut().result(own)
        #expect(late.cause == .timeout)
        #expect(late.end == .signalled("SIGKILL"))
        let unwanted = try cancelled().result(own)
        #expect(unwanted.cause == .cancelled)
        #expect(unwanted.end == .signalled("SIGKILL"))
    }

    @Test @Reactor func aRunWhoseTimeIsUpCannotBeCancelledAnyMore() async throws {
        let run = try await timedOut()
        run.session.cancel()
        #expect(try run.result(Self.killed).cause == .timeout)
    }

    @Test @Reactor func aProgramThatSucceededDidNotMissTheSpace() throws {
        #expect(try RunFixture().result(.exited(0), usage: Self.full).cause == nil)
    }

    @Test(arguments: [
        RunUsage.with(freeBytes: 0), .with(freeBytes: 65_535), .with(freeFiles: 0), .with(freeBytes: nil, freeFiles: 0),
    ])
    @Reactor func aProgramThatFailedOnAFullDiskFailedBecauseOfIt(usage: RunUsage) throws {
        #expect(try RunFixture().result(.exited(1), usage: usage).cause == .diskFull)
    }

    @Test(arguments: [RunUsage.with(freeBytes: 65_536), .with(freeBytes: nil, freeFiles: nil), .with(freeFiles: 1)])
    @Reactor func aProgramThatFailedWithSpaceLeftFailedByItself(usage: RunUsage) throws {
        #expect(try RunFixture().result(.exited(1), usage: usage).cause == nil)
    }

    @Test(arguments: [
        ("OSError: [Errno 28] No space left on device", UInt64(1 << 20), true),
        ("Error: ENOSPC: write", 1 << 20, true), ("ValueError", 1 << 20, false), ("ENOSPC", 8 << 20, false),
    ])
    @Reactor func aProgramsOwnWordsCountOnADiskThatIsNearlyFull(words: String, free: UInt64, isFull: Bool) async throws
    {
        let run = try RunFixture()
        try run.session.programEnds[2].writeAll(Array(words.utf8))
        run.session.sentProgramEnds()
        await run.session.stderr.waitForEnd()
        let result = try run.result(.exited(1), usage: .with(freeBytes: free))
        #expect(result.cause == (isFull ? .diskFull : nil))
    }

    @Test @Reactor func anAgentThatDiedIsOurFaultUnlessTheHostEndedTheRun() async throws {
        let error = #expect(throws: OutpostError.self) { try RunFixture().result(.sandboxDied) }
        #expect(error?.code == .internal)
        let result = try RunFixture().result(.sandboxDied, usage: .with(memoryKills: 1))
        #expect(result.cause == .memory)
        #expect(result.end == .signalled("SIGKILL"))
    }

    @Test @Reactor func aProgramThatCannotBeExecutedIsNotStarted() throws {
        let ending = RunSession.Ending.refused(.execute, position: 0, errno: 2, detail: "execute nope")
        let result = try RunFixture().result(ending, arguments: ["nope"])
        #expect(result.end == .notStarted("outpost: nope: No such file or directory\n"))
        #expect(result.cause == nil)
    }

    @Test @Reactor func aDirectoryThatCannotBeEnteredIsTheCallersMistake() throws {
        let error = try refusal(.refused(.directory, position: 0, errno: 20, detail: "enter"))
        #expect(error.code == .invalidRequest)
        #expect(error.details.map(\.field) == ["working_dir"])
    }

    @Test @Reactor func aFileThatCannotBeWrittenIsNamed() throws {
        let error = try refusal(.refused(.file, position: 1, errno: 13, detail: "write"))
        #expect(error.code == .invalidRequest)
        #expect(error.message == "/etc/b cannot be written: Permission denied")
        #expect(error.details.map(\.field) == ["files"])
    }

    @Test @Reactor func codeThatCannotBeWrittenBlamesTheWorkingDirectory() throws {
        let error = try refusal(.refused(.file, position: 2, errno: 36, detail: "write"))
        #expect(error.details.map(\.field) == ["working_dir"])
    }

    @Test(arguments: [-1, 3, 1000])
    @Reactor func aPositionThatTheAgentInventedIsNoTrap(position: Int) throws {
        let error = try refusal(.refused(.file, position: position, errno: 13, detail: "write"))
        #expect(error.code == .invalidRequest)
    }

    @Test @Reactor func afileThatDoesNotFitOnTheDiskIsAFullDisk() throws {
        let result = try RunFixture().result(.refused(.file, position: 0, errno: 28, detail: "write the file /w/a"))
        #expect(result.cause == .diskFull)
        #expect(result.end == .notStarted("outpost: write the file /w/a: No space left on device\n"))
    }

    @Test @Reactor func aStepOfOursThatFailedIsOurFault() throws {
        #expect(try refusal(.refused(.setup, position: 0, errno: 1, detail: "setIDs")).code == .internal)
    }

    @Reactor private func refusal(_ ending: RunSession.Ending) throws -> OutpostError {
        let files = ["/w/a", "/etc/b", "/own/w/main.py"].map { SandboxFile(path: $0, content: []) }
        let run = try RunFixture()
        return try #require(throws: OutpostError.self) { try run.result(ending, files: files) }
    }
}
