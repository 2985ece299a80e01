// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// A verdict depends on the program and not on what else the machine does.
    @Suite(.serialized) struct JudgeUnderLoad {
        let api: APIClient

        init() throws { api = try SharedServer.server.api }

        @Test func aProgramThatNeedsTwoFifthsOfItsTimeIsAcceptedEachTime() async throws {
            let load = try (0..<4).map { _ in
                try Process.run(
                    URL(fileURLWithPath: "/bin/sh"), arguments: ["-c", "while :; do :; done"])
            }
            // The test's own process may have SIGTERM blocked, and its children with it.
            defer { for process in load { kill(process.processIdentifier, SIGKILL) } }
            let code = "import time\nwhile time.process_time() < 0.2: pass\nprint('done')"
            let jobs = try await (0..<24).inTurn { _ in
                try await api.submitJob(
                    "python", code, ["tests": [["expected_stdout": "done", "time_limit_ms": 500]]])
            }
            for job in jobs {
                let ended = try await api.ended(job)
                #expect(ended.result?.verdicts == [.accepted], "\(ended)")
                let test = try #require(ended.result?.tests?.first)
                #expect(test.cpuTimeMilliseconds >= 200 && test.cpuTimeMilliseconds <= 500)
            }
        }

        @Test func moreTestsThanCoresWaitForEachOtherAndNotOnTheirTime() async throws {
            let code = "import time\nwhile time.process_time() < 0.2: pass"
            let jobs = try await (0..<12).inTurn { _ in
                try await api.submitJob("python", code, ["tests": [["time_limit_ms": 500]]])
            }
            for job in jobs { #expect(try await api.ended(job).result?.verdicts == [.accepted]) }
        }
    }
}
