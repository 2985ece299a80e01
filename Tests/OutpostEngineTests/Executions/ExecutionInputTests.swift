// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostTesting
import Testing

@testable import OutpostEngine

/// The standard input of a run that stays open.
@Suite struct ExecutionInputTests {
    private let id = ExecutionID()

    private func start(
        _ fixture: ProcessFixture, _ program: ConformanceProgram, isOpen: Bool = true, stdin: String = ""
    ) async throws -> ExecutionReader {
        try await fixture.engine.sandboxes.startExec(
            ExecutionRequest(
                program: .command(MemoryDriver.command(program)), id: id, stdin: Array(stdin.utf8), isInputOpen: isOpen),
            id: fixture.sandbox, in: .default)
    }

    private func send(
        _ fixture: ProcessFixture, _ text: String, isLast: Bool = false, to id: ExecutionID? = nil,
        in namespace: NamespaceName = .default
    ) async throws(OutpostError) {
        try await fixture.engine.sandboxes.sendInput(to: id ?? self.id, of: fixture.sandbox, in: namespace) {
            (input) throws(OutpostError) in
            try await input.write(Array(text.utf8))
            if isLast { try await input.close() }
        }
    }

    @Test func whatIsSentFollowsTheInputOfTheRequest() async throws {
        let fixture = try await ProcessFixture()
        let reader = try await start(fixture, .echo, stdin: "one ")
        try await send(fixture, "two ")
        try await send(fixture, "three", isLast: true)
        let execution = try #require(await reader.ending.execution())
        #expect(execution.stdout.text == "one two three" && execution.exitCode == 0)
    }

    @Test func inputIsRefusedAfterItsEndAndAfterTheRun() async throws {
        let fixture = try await ProcessFixture()
        let reader = try await start(fixture, .wait)
        try await send(fixture, "", isLast: true)
        #expect(try await code { try await send(fixture, "x") } == .conflict)
        _ = try await fixture.engine.sandboxes.cancelExecution(id, of: fixture.sandbox, in: .default)
        #expect(await reader.ending.execution()?.status == .cancelled)
        #expect(try await code { try await send(fixture, "x") } == .conflict)
    }

    @Test func aRunWithoutOpenInputRefusesIt() async throws {
        let fixture = try await ProcessFixture()
        let reader = try await start(fixture, .wait, isOpen: false)
        #expect(try await code { try await send(fixture, "x") } == .conflict)
        reader.leave()
    }

    @Test func unknownRunsAndThoseOfOtherNamespacesAreNotFound() async throws {
        let fixture = try await ProcessFixture()
        let reader = try await start(fixture, .echo)
        #expect(try await code { try await send(fixture, "x", to: ExecutionID()) } == .notFound)
        let other = try #require(NamespaceName("other"))
        #expect(try await code { try await send(fixture, "x", in: other) } == .notFound)
        reader.leave()
    }

    @Test func aClientThatLeavesEndsTheRun() async throws {
        let fixture = try await ProcessFixture()
        let reader = try await start(fixture, .echo)
        reader.leave()
        #expect(await reader.ending.execution()?.status == .cancelled)
    }

    @Test func aRunEndsAtItsTimeLimitWhileItsInputIsSilent() async throws {
        let fixture = try await ProcessFixture()
        let reader = try await fixture.engine.sandboxes.startExec(
            ExecutionRequest(
                program: .command(MemoryDriver.command(.echo)), timeoutMilliseconds: 50, isInputOpen: true),
            id: fixture.sandbox, in: .default)
        #expect(await reader.ending.execution()?.status == .timedOut)
    }
}
