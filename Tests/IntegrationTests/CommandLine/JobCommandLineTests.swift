// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// What a person at a shell sees of jobs.
    @Suite(.serialized) struct JobCommandLine {
        let server: ServerFixture

        init() throws { server = try SharedServer.server }

        @Test func aJobIsSubmittedAndComeBackTo() async throws {
            let id = try await submit(["-c", "echo out; echo err >&2; exit 7", "--language", "bash"])
            let waited = try await server.outpost(["job", "wait"], [id])
            #expect(waited.stdout == "out\n")
            #expect(waited.stderr == "err\n")
            #expect(waited.exitCode == 7)
            let status = try await server.outpost(["job", "status"], [id, "--json"])
            let job = try Job(reply: Array(status.stdout.utf8))
            #expect(job.id.rawValue == id)
            #expect(job.status == .failed)
            #expect(job.result?.exitCode == 7)
            #expect(try await server.outpost(["job", "status"], [id]).stdout.contains("exit code  7"))
            // Other tests submit jobs meanwhile.
            let listed = try await server.outpost(
                ["job", "list"], ["--status", "failed", "--per-page", "100", "--json"])
            #expect(try Page<Job>(reply: Array(listed.stdout.utf8)).items.contains { $0.id.rawValue == id })
            #expect(try await server.outpost(["job", "list"], ["--per-page", "100"]).stdout.contains(id))
        }

        @Test func submittingMayWait() async throws {
            let code = "import sys; print(sys.argv[1:], sys.stdin.read())"
            let ran = try await server.outpost(
                ["job", "submit"], ["--wait", "-c", code, "--language", "python", "--", "a", "b"], input: "from a pipe")
            #expect(ran.stdout == "['a', 'b'] from a pipe\n")
            #expect(ran.stderr == "")
            #expect(ran.exitCode == 0)
        }

        @Test(arguments: [
            (["-c", "sleep 60", "--language", "bash", "--timeout", "0.5"], 124),
            (["-c", "kill -TERM $$", "--language", "bash"], 143), (["-c", "exit 5", "--language", "bash"], 5),
            (["-c", "x", "--language", "cobol"], 1), (["-c", "x", "--priority", "high"], 2),
        ]) func theExitCodeSaysHowItEnded(_ arguments: [String], _ code: Int) async throws {
            let ran = try await server.outpost(["job", "submit"], ["--wait"] + arguments)
            #expect(ran.exitCode == code, "\(ran.stderr)")
        }

        @Test func theLogsAreThere() async throws {
            let id = try await submit(["-c", "echo one; echo two >&2; sleep 1; echo three", "--language", "bash"])
            let followed = try await server.outpost(["job", "logs"], [id, "--follow"])
            #expect(followed.stdout == "one\nthree\n")
            #expect(followed.stderr == "two\n")
            #expect(followed.exitCode == 0)
            let logs = try await server.outpost(["job", "logs"], [id])
            #expect(logs.stdout == "one\nthree\n")
            #expect(logs.stderr == "two\n")
            #expect(logs.exitCode == 0)
        }

        @Test func aJudgesVerdictsAreShown() async throws {
            let tests: JSONValue = [
                ["stdin": "1", "expected_stdout": "1"], ["stdin": "2", "expected_stdout": "3"],
            ]
            let id = try await server.api.submitJob("bash", "read a; echo $a", ["tests": tests]).id.rawValue
            let waited = try await server.outpost(["job", "wait"], [id])
            #expect(waited.exitCode == 1, "\(waited.stderr)")
            let rows = waited.stdout.split(separator: "\n")
            #expect(
                rows.map { $0.split(separator: " ").prefix(2).joined(separator: " ") } == [
                    "TEST VERDICT", "1 accepted", "2 wrong_answer",
                ])
            #expect(try await server.outpost(["job", "logs"], [id]).stdout == waited.stdout)
            #expect(try await server.outpost(["job", "logs"], [id, "--follow"]).stdout == waited.stdout)
            #expect(try await server.outpost(["job", "status"], [id]).stdout.hasSuffix("\n\n" + waited.stdout))
            let json = try await server.outpost(["job", "wait"], [id, "--json"])
            #expect(try Job(reply: Array(json.stdout.utf8)).result?.verdicts == [.accepted, .wrongAnswer])
        }

        @Test func jobsAreCancelled() async throws {
            let ids = [
                try await submit(["-c", "sleep 60", "--language", "bash"]),
                try await submit(["-c", "sleep 60", "--language", "bash"]),
            ]
            let cancelled = try await server.outpost(["job", "cancel"], ids)
            #expect(cancelled.exitCode == 0, "\(cancelled.stderr)")
            for id in ids {
                #expect(cancelled.stdout.contains(id))
                let waited = try await server.outpost(["job", "wait"], [id])
                #expect(waited.exitCode == 1)
                #expect(waited.stderr.contains("cancelled"))
            }
            #expect(
                try await server.outpost(["job", "cancel"], ids).stdout == ids.map { "\($0) cancelled\n" }.joined())
            let unknown = try await server.outpost(["job", "cancel"], ["job_000000000000", ids[0]])
            #expect(unknown.exitCode == 1)
            #expect(unknown.stdout == "\(ids[0]) cancelled\n")
        }

        @Test func aJobRunsInASandboxThatIsThere() async throws {
            let sandbox = try await server.api.createSandbox(["language": "bash", "mode": "stateful"])
            _ = try await server.api.exec(sandbox, code: "echo kept > file")
            let ran = try await server.outpost(
                ["job", "submit"], ["--wait", "--sandbox", sandbox.id.rawValue, "-c", "cat file"])
            #expect(ran.stdout == "kept\n", "\(ran.stderr)")
            try await server.api.deleteSandbox(sandbox.id)
        }

        @Test func theSecretOfCallbacksStaysUntilItIsReplaced() async throws {
            let first = try await server.outpost(["job", "secret"], []).stdout
            #expect(!first.isEmpty)
            #expect(try await server.outpost(["job", "secret"], []).stdout == first)
            let second = try await server.outpost(["job", "secret"], ["--rotate"]).stdout
            #expect(second != first)
            #expect(try await server.outpost(["job", "secret"], []).stdout == second)
        }

        @Test func aJobIsWaitedForWhileTheServerIsAway() async throws {
            try await DataDirectory.withTemporary { directory in
                let (id, port) = try await ServerFixture.withServer(on: directory, ending: .killed) { server in
                    let submitted = try await server.outpost(
                        ["job", "submit"],
                        ["--max-attempts", "3", "-c", "sleep 1; echo survived", "--language", "bash"])
                    return (submitted.stdout.trimmingCharacters(in: .newlines), server.port)
                }
                // Another address of the same host: meanwhile anybody may have been given the port on the first one.
                let host = "127.77.0.1"
                let address = ["--url", "http://\(host):\(port)", "--token", try directory.adminToken()]
                let waiting = Task { try await ServerBinary.run(["job", "wait", id] + address) }
                try await ServerFixture.withServer(on: directory, arguments: ["--listen", "\(host):\(port)"]) { _ in
                    let waited = try await waiting.value
                    #expect(waited.stdout == "survived\n", "\(waited.stderr)")
                    #expect(waited.exitCode == 0)
                }
            }
        }

        /// Submits a job, and expects nothing but its id to be printed.
        private func submit(_ arguments: [String]) async throws -> String {
            let submitted = try await server.outpost(["job", "submit"], arguments)
            #expect(submitted.exitCode == 0, "\(submitted.stderr)")
            let id = submitted.stdout.trimmingCharacters(in: .newlines)
            #expect(JobID(id) != nil)
            return id
        }
    }
}
