// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostAPI

/// What clients are told of runs that may be in progress.
struct ExecutionRecordTests {
    private static let moment = Timestamp(milliseconds: 1_000_000)

    private static let records: [ExecutionRecord] = [
        .inProgress(ExecutionInProgress(id: ExecutionID(), sandboxID: SandboxID())),
        .inProgress(
            ExecutionInProgress(
                id: ExecutionID(), sandboxID: SandboxID(), startedAt: moment, durationMilliseconds: 12.5,
                stdout: CapturedOutput(bytes: Array("ab".utf8), total: 9, headCount: 1),
                stderr: CapturedOutput(bytes: [0xFF], total: 1))),
        .ended(
            Execution(
                id: ExecutionID(), sandboxID: SandboxID(), status: .timedOut, limit: .wall,
                stdout: CapturedOutput(bytes: Array("ab".utf8), total: 2), signal: "SIGKILL",
                durationMilliseconds: 3, startedAt: moment, completedAt: moment)),
    ]

    @Test(arguments: records) func aRecordIsReadAsItWasWritten(record: ExecutionRecord) throws {
        #expect(try ExecutionRecord(reply: record.json.bytes) == record)
    }

    @Test func theStatusTellsThePhase() {
        #expect(Self.records.map { $0.json["status"]?.stringValue } == ["queued", "running", "timed_out"])
    }

    @Test(arguments: records) func aListLeavesOutputOut(record: ExecutionRecord) throws {
        let json = ListedExecution(record).json
        let names = json.objectValue?.members.map(\.name) ?? []
        #expect(names.filter { $0.hasPrefix("std") } == ["stdout_bytes", "stderr_bytes"])
        #expect(!names.contains("compile") && names.contains("exit_code"))
        let read = try ListedExecution(reply: json.bytes).record
        #expect(read.id == record.id && read.startedAt == record.startedAt && read.outputBytes == 0)
        #expect(json["stdout_bytes"] == record.json["stdout_bytes"])
    }

    @Test(arguments: ["?x=1", "?after_seq=-1", "?wait_secs=301"]) func wrongQueriesAreRefused(query: String) {
        let parts = query.dropFirst().split(separator: "=").map(String.init)
        let pairs = [(name: parts[0], value: parts[1])]
        #expect(throws: OutpostError.self) { try ExecutionEventsQuery(query: pairs) }
        #expect(throws: OutpostError.self) { try PollQuery(query: pairs) }
    }

    @Test func queriesAreReadAsTheyWereWritten() throws {
        #expect(try ExecutionEventsQuery(query: ExecutionEventsQuery(after: 7).pairs).after == 7)
        #expect(try ExecutionEventsQuery(query: []).after == 0)
        #expect(try PollQuery(query: PollQuery(waitSeconds: 9).pairs).waitSeconds == 9)
    }

    @Test func onlyCallsThatWaitTakeAnIdAndDetach() throws {
        let body = ExecutionRequest(program: .command(["true"]), id: ExecutionID(), detach: true)
        let read = try ExecutionRequest(request: body.json.bytes)
        #expect(read.id == body.id && read.detach)
        let execute = ExecuteRequest(language: "bash", execution: body)
        #expect(try ExecuteRequest(request: execute.json.bytes).execution.id == body.id)
        let job = JobRequest(execution: body, language: "bash")
        #expect(throws: OutpostError.self) { try JobRequest(request: job.json.bytes) }
    }
}
