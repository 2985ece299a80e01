// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostTesting
import Testing

@testable import OutpostEngine

/// Processes that live with a sandbox, from their start to their end.
@Suite(.reactor) struct LiveProcessTests {
    @Test func aProcessKeepsItsSandboxUpAndGivesEverythingBackAtItsEnd() async throws {
        let fixture = try await ProcessFixture { $0.unloadAfterSeconds = 0 }
        let process = try await fixture.start(.wait)
        #expect(try await fixture.status == .running)
        #expect(fixture.used(.liveProcesses) == 1)
        #expect(fixture.used(.output) == ProcessOutput.mostBytes)
        await process.kill()
        let ended = try await fixture.ended(process)
        #expect(ended.status == .signalled)
        #expect(ended.signal == "SIGKILL")
        #expect(ended.cause == .cancelled)
        #expect(try await eventually { try await fixture.status == .ready })
        #expect(try await eventually { fixture.used(.liveProcesses) == 0 && fixture.used(.output) == 0 })
        #expect(try await eventually { fixture.used(.liveSandboxes) == 0 })
    }

    @Test func theEndTellsTheExitCodeAndWhatWasWritten() async throws {
        let fixture = try await ProcessFixture()
        let ended = try await fixture.ended(try await fixture.start(.write(stdout: 5, stderr: 3)))
        #expect(ended.status == .exited)
        #expect(ended.exitCode == 0)
        #expect(ended.stdoutBytes == 5)
        #expect(ended.stderrBytes == 3)
        #expect(ended.endedAt != nil)
        let log = try await fixture.engine.sandboxes.log(of: ended.id, of: fixture.sandbox, in: .default, after: 0)
        #expect(log.stdout == ConformanceProgram.pattern(5))
        #expect(log.stderr == ConformanceProgram.pattern(3))
        #expect(log.end == 8)
    }

    @Test func inputReachesTheProcessUntilItEnds() async throws {
        let fixture = try await ProcessFixture()
        let process = try await fixture.start(.echo, stdin: true)
        try await process.input.write(Array("one ".utf8))
        try await process.input.write(Array("two".utf8))
        try await process.input.close()
        #expect(try await code { try await process.input.write([1]) } == .conflict)
        #expect(try await fixture.ended(process).exitCode == 0)
        let log = try await fixture.engine.sandboxes.log(of: process.id, of: fixture.sandbox, in: .default, after: 0)
        #expect(String(decoding: log.stdout, as: UTF8.self) == "one two")
    }

    @Test func aProcessWithoutInputRefusesIt() async throws {
        let fixture = try await ProcessFixture()
        let process = try await fixture.start(.wait)
        #expect(try await code { try await process.input.write([1]) } == .conflict)
        #expect(try await code { try await process.resize(.ordinary) } == .conflict)
        await process.kill()
        _ = try await fixture.ended(process)
        #expect(try await code { try await process.signal(15) } == .conflict)
    }

    @Test func aSignalReachesTheProcess() async throws {
        let fixture = try await ProcessFixture()
        let process = try await fixture.start(.obey(signal: 10))
        try await process.signal(10)
        #expect(try await fixture.ended(process).exitCode == 42)
    }

    @Test func theTimeLimitEndsAProcessAndNoLimitIsNone() async throws {
        let fixture = try await ProcessFixture()
        let process = try await fixture.start(.wait, timeout: 1)
        let ended = try await fixture.ended(process)
        #expect(ended.cause == .timedOut)
        #expect(ended.signal == "SIGKILL")
    }

    @Test func aProgramThatDoesNotExistEndsAtOnce() async throws {
        let fixture = try await ProcessFixture()
        let ended = try await fixture.ended(try await fixture.start(.missing))
        #expect(ended.exitCode == 127)
        #expect(ended.stderrBytes > 0)
    }

    @Test func whenTheSandboxDiesTheProcessIsLostAtOnce() async throws {
        let fixture = try await ProcessFixture()
        let process = try await fixture.start(.wait, name: "server")
        await fixture.driver.endAll()
        let ended = try await fixture.ended(process)
        #expect(ended.status == .lost)
        #expect(ended.cause == .sandboxError)
        #expect(try await eventually { fixture.used(.liveProcesses) == 0 })
        // The name is free, and the sandbox starts again.
        let next = try await fixture.start(.wait, name: "server")
        #expect(next.id != process.id)
        await next.kill()
    }

    @Test func twoRunningProcessesDoNotHaveOneName() async throws {
        let fixture = try await ProcessFixture()
        let first = try await fixture.start(.wait, name: "a")
        #expect(try await code { _ = try await fixture.start(.wait, name: "a") } == .conflict)
        #expect(fixture.used(.liveProcesses) == 1)
        await first.kill()
        _ = try await fixture.ended(first)
        let second = try await fixture.start(.wait, name: "a")
        await second.kill()
    }

    @Test func anEphemeralSandboxRefuses() async throws {
        let fixture = try await ProcessFixture()
        let sandbox = try await ProcessFixture.create(fixture.engine, .ephemeral)
        let request = ProcessRequest(program: .command(["wait"]))
        #expect(
            try await code {
                _ = try await fixture.engine.sandboxes.startProcess(request, in: sandbox, of: .default)
            } == .conflict)
    }

    /// The driver in memory has no terminals.
    @Test func aDriverWithoutTerminalsRefusesOne() async throws {
        let fixture = try await ProcessFixture()
        let request = ProcessRequest(program: .command(["wait"]), terminal: .ordinary)
        #expect(
            try await code {
                _ = try await fixture.engine.sandboxes.startProcess(request, in: fixture.sandbox, of: .default)
            } == .unprocessable)
    }

    @Test func moreThanTheQuotaIsRefused() async throws {
        let fixture = try await ProcessFixture { $0.quotas.standard.values[.liveProcesses] = 1 }
        let process = try await fixture.start(.wait)
        #expect(try await code { _ = try await fixture.start(.wait) } == .rateLimited)
        await process.kill()
        _ = try await fixture.ended(process)
        #expect(try await eventually { fixture.used(.liveProcesses) == 0 })
        await (try await fixture.start(.wait)).kill()
    }

    @Test func aDeletedProcessIsKilledAndForgotten() async throws {
        let fixture = try await ProcessFixture()
        let process = try await fixture.start(.wait)
        try await fixture.engine.sandboxes.deleteProcess(process.id, of: fixture.sandbox, in: .default)
        #expect(process.hasEnded)
        #expect(
            try await code {
                _ = try await fixture.engine.sandboxes.process(process.id, of: fixture.sandbox, in: .default)
            } == .notFound)
        #expect(try await fixture.engine.sandboxes.processes(of: fixture.sandbox, in: .default) == [])
    }

    @Test func aDeletedSandboxEndsItsProcesses() async throws {
        let fixture = try await ProcessFixture()
        let process = try await fixture.start(.wait)
        try await fixture.engine.sandboxes.delete(fixture.sandbox, in: .default)
        #expect(process.hasEnded)
        #expect(try await eventually { fixture.used(.liveProcesses) == 0 && fixture.used(.liveSandboxes) == 0 })
    }

    @Test func aProcessOfAnotherNamespaceDoesNotExist() async throws {
        let fixture = try await ProcessFixture()
        let process = try await fixture.start(.wait)
        let other = try #require(NamespaceName("other"))
        #expect(
            try await code {
                _ = try await fixture.engine.sandboxes.process(process.id, of: fixture.sandbox, in: other)
            } == .notFound)
        await process.kill()
    }

    @Test func aStoppingServerEndsProcessesAndTakesNoMore() async throws {
        let fixture = try await ProcessFixture()
        let process = try await fixture.start(.wait)
        await fixture.engine.drain()
        #expect(process.hasEnded)
        #expect(try await code { _ = try await fixture.start(.wait) } == .unavailable)
    }

    @Test func aProcessDoesNotKeepASandboxFromExpiringButAReaderDoes() async throws {
        let fixture = try await ProcessFixture()
        let sandbox = try await fixture.engine.sandboxes.create(
            SandboxRequest(language: "python", mode: .stateful, idleTimeoutSeconds: 10), in: .default
        ).id
        let request = ProcessRequest(program: .command(["wait"]))
        let process = try await fixture.engine.sandboxes.startProcess(request, in: sandbox, of: .default)
        let reader = try await fixture.engine.sandboxes.reader(of: process, holds: true)
        fixture.clock.advance(seconds: 60)
        try await fixture.engine.sandboxes.sweep()
        #expect(!process.hasEnded)
        reader.leave()
        fixture.clock.advance(seconds: 60)
        #expect(
            try await eventually {
                try await fixture.engine.sandboxes.sweep()
                fixture.clock.advance(seconds: 60)
                return process.hasEnded
            })
    }

    @Test func aReaderGetsEveryByteAndTheEnd() async throws {
        let fixture = try await ProcessFixture()
        let process = try await fixture.start(.echo, stdin: true)
        let reader = try await fixture.engine.sandboxes.reader(of: process, holds: true)
        let expected = ConformanceProgram.pattern(3_000_000)
        async let written: Void = {
            try await process.input.write(expected)
            try await process.input.close()
        }()
        var bytes: [UInt8] = []
        var last: SandboxProcess?
        try await reader.forEach { event in
            switch event {
            case .output(let part): bytes += part.bytes
            case .end(let process): last = process
            case .dropped, .nothing: Issue.record("nothing is dropped for a reader that holds")
            }
        }
        try await written
        #expect(bytes == expected)
        #expect(last?.status == .exited)
        reader.leave()
    }
}
