// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostAPI
import OutpostClient
import OutpostCore
import Testing

@testable import OutpostCommands

struct JobTableTests {
    private let now = Timestamp(milliseconds: 63_000)

    @Test func aJobIsARow() {
        let jobs: [Job] = [
            .standing(.queued, attempt: 0, maxAttempts: 3), .standing(.running), .standing(.succeeded),
        ]
        let table = TextTable(jobs: jobs, now: now)
        #expect(table.header == ["ID", "STATUS", "PRIORITY", "ATTEMPT", "SANDBOX", "CREATED", "DURATION"])
        let created = "1970-01-01T00:00:01Z"
        #expect(
            table.rows == [
                ["job_0000000000ab", "queued", "-5", "0/3", "sbx_0000000000cd", created, "-"],
                ["job_0000000000ab", "running", "-5", "1/1", "sbx_0000000000cd", created, "1 min 0 s"],
                ["job_0000000000ab", "succeeded", "-5", "1/1", "sbx_0000000000cd", created, "1.2 s"],
            ])
    }

    @Test func aJobsFieldsAreRows() {
        let result = Execution.ended(.failed, stdout: .init("four"), exitCode: 3)
        let error = JobError(.internal, "output was lost")
        let rows = TextTable(fieldsOf: .standing(.failed, result: result, error: error), now: now).rows
        #expect(rows.contains(["status", "failed"]))
        #expect(rows.contains(["exit code", "3"]))
        #expect(rows.contains(["stdout", "4 bytes"]))
        #expect(rows.contains(["error", "internal: output was lost"]))
        #expect(rows.contains(["duration", "1.2 s"]))
        #expect(rows.contains(["expires", "-"]))
    }

    @Test func aJobThatHasNotEndedHasNoResultRows() {
        let rows = TextTable(fieldsOf: .standing(.queued), now: now).rows
        #expect(!rows.contains { ["result", "exit code", "error"].contains($0[0]) })
    }

    @Test func aLogEventIsAJSONDocument() {
        #expect(
            JobLogEvent.output(.stdout, bytes: Array("a".utf8), number: 3).json
                == ["event": "stdout", "data": "a", "seq": 3])
        #expect(
            JobLogEvent.output(.stderr, bytes: [0xFF], number: 4).json
                == ["event": "stderr", "data_base64": "/w==", "seq": 4])
        #expect(JobLogEvent.started(id: "x").json == ["event": "start", "id": "x"])
    }
}
