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

        /// What a program waits for is not its time: here its quota, elsewhere others. A stop that was asked for holds.
        @Test(
            .enabled(
                if: FileManager.default.fileExists(atPath: "/proc/pressure/cpu"),
                "the kernel counts no pressure, so nothing tells that a program waited"))
        func theStopGrowsByTheTimeThatAProgramIsKeptFromTheProcessor() async throws {
            let code = "import time\nwhile time.process_time() < 0.3: pass"
            let slow: JSONValue = ["resource_limits": ["cpu_cores": 0.05]]
            let grown = try await api.judge("python", code, [["time_limit_ms": 600]], slow)
            #expect(grown.verdicts == [.accepted], "\(grown)")
            #expect(grown.durationMilliseconds > 2800)
            let asked = try await api.judge(
                "python", code, [["time_limit_ms": 600, "wall_time_limit_ms": 2800]], slow)
            #expect(asked.verdicts == [.timeLimitExceeded], "\(asked)")
            #expect(asked.tests?.first?.limit == .wall)
            let asleep = try await api.judge("python", "import time; time.sleep(60)", [["time_limit_ms": 100]], slow)
            #expect(asleep.tests?.first?.limit == .wall)
            #expect(asleep.durationMilliseconds < 60_000)
        }

        @Test func moreTestsThanCoresWaitForEachOtherAndNotOnTheirTime() async throws {
            let code = "import time\nwhile time.process_time() < 0.2: pass"
            let jobs = try await (0..<12).inTurn { _ in
                try await api.submitJob("python", code, ["tests": [["time_limit_ms": 500]]])
            }
            for job in jobs {
                let ended = try await api.ended(job)
                #expect(ended.result?.verdicts == [.accepted], "\(ended)")
            }
        }
    }
}
