// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostAPI
import OutpostCore
import OutpostTesting
import Testing

extension IntegrationTests {
    /// What becomes of jobs when the server ends, in one way or another.
    @Suite(.serialized) struct JobRecovery {
        /// A configuration file for one server.
        private func withConfiguration(
            _ text: String, _ body: (DataDirectory, [String]) async throws -> Void
        ) async throws {
            try await DataDirectory.withTemporary { directory in
                let path = directory.path + ".yaml"
                try Data(text.utf8).write(to: URL(fileURLWithPath: path))
                defer { try? FileManager.default.removeItem(atPath: path) }
                try await body(directory, ["--config", path])
            }
        }

        @Test func aKilledServersJobsAreWhereTheyWere() async throws {
            try await withConfiguration("jobs: {workers: 2}\n") { directory, arguments in
                let begun = "echo begun; sleep 600"
                let (once, twice, waiting, done) = try await ServerFixture.withServer(
                    on: directory, arguments: arguments, ending: .killed
                ) { server in
                    let api = server.api
                    let done = try await api.ended(try await api.submitJob("bash", "echo kept"))
                    let once = try await api.submitJob("bash", begun)
                    let twice = try await api.submitJob("bash", begun, ["max_attempts": 2])
                    for job in [once, twice] {
                        #expect(try await eventually { try await api.jobLogs(job.id).stdout.text == "begun\n" })
                    }
                    return (once, twice, try await api.submitJob("bash", "echo later"), done)
                }
                try await ServerFixture.withServer(on: directory, arguments: arguments) { server in
                    let api = server.api
                    #expect(try await api.job(done.id) == done)
                    let lost = try await api.ended(once)
                    #expect(lost.status == .failed && lost.attempt == 1 && lost.error?.code == .unavailable)
                    #expect(try await api.ended(waiting).result?.stdout.text == "later\n")
                    #expect(try await eventually { try await api.jobLogs(twice.id).stdout.text == "begun\n" })
                    let cancelled = try await api.cancelJob(twice.id)
                    #expect(cancelled.status == .cancelled && cancelled.attempt == 2)
                }
            }
        }

        @Test func aStopLetsJobsFinishOrPutsThemBack() async throws {
            try await withConfiguration("jobs: {workers: 2}\ndrain_secs: 10\n") { directory, arguments in
                let (short, long) = try await ServerFixture.withServer(on: directory, arguments: arguments) { server in
                    let api = server.api
                    let sandbox = try await api.createSandbox(["language": "bash", "mode": "stateful"])
                    let sleeper = Sleeper()
                    let short = try await api.submitJob(
                        "bash", "echo begun; \(sleeper.command); echo done", ["timeout_secs": 600])
                    // Only its second attempt ends by itself.
                    let long = try await api.submitJob(
                        "bash", "echo begun; [ -e again ] || { touch again; sleep 600; }; echo done",
                        ["timeout_secs": 600, "sandbox_id": .string("\(sandbox.id)")])
                    for job in [short, long] {
                        #expect(try await eventually { try await api.jobLogs(job.id).stdout.text.hasPrefix("begun") })
                    }
                    try server.process.send(.terminate)
                    // The server has begun to stop when it takes no more work.
                    #expect(try await eventually { try await server.refusesWork() })
                    try await sleeper.end()
                    return (short, long)
                }
                try await ServerFixture.withServer(on: directory, arguments: arguments) { server in
                    let finished = try await server.api.job(short.id)
                    #expect(finished.status == .succeeded && finished.result?.stdout.text == "begun\ndone\n")
                    // Its attempt was not its fault.
                    let again = try await server.api.ended(long)
                    #expect(again.status == .succeeded && again.attempt == 1 && again.maxAttempts == 1)
                }
            }
        }

        @Test func aServerWithoutWorkersOnlyTakesJobsAndNoMoreThanItsLimit() async throws {
            try await withConfiguration("jobs: {workers: 0, max_queued: 3}\n") { directory, arguments in
                try await ServerFixture.withServer(on: directory, arguments: arguments) { server in
                    let api = server.api
                    var jobs: [Job] = []
                    for _ in 0..<3 { jobs.append(try await api.submitJob("bash", "true")) }
                    let body: JSONValue = ["language": "bash", "code": "true"]
                    let refused = try await api.send("POST", api.sandboxPath("/jobs"), json: body)
                    #expect(refused.status == 429 && refused.header("Retry-After") != nil)
                    #expect(try refused.error().message.contains("max_queued"))
                    _ = try await api.cancelJob(jobs[0].id)
                    _ = try await api.submitJob("bash", "true")
                    let other = api.with(namespace: "other")
                    #expect(try await other.submitJob("bash", "true").status == .queued)
                    #expect(try await api.jobs("status=queued").total == 3)
                }
            }
        }

        @Test(.enabled(if: HostProcesses.isRoot, "mounting a small disk needs root"))
        func aFullDiskRefusesSubmissionsAndLosesNoResult() async throws {
            try await SmallDisk.with(mebibytes: 192) { disk in
                try await ServerFixture.withServer(on: DataDirectory(path: disk.path + "/data")) { server in
                    let api = server.api
                    let running = try await api.submitJob("bash", "echo begun; sleep 1; echo done")
                    #expect(try await eventually { try await api.jobLogs(running.id).stdout.text == "begun\n" })
                    let waiting = try await disk.whileFull {
                        let body: JSONValue = [
                            "language": "bash", "code": .string(String(repeating: "#", count: 200_000)),
                        ]
                        let refused = try await api.send("POST", api.sandboxPath("/jobs"), json: body)
                        #expect(refused.status == 507, "\(refused)")
                        // Past its program's end.
                        return try await api.job(running.id, waitSeconds: 2)
                    }
                    let ended = try await api.ended(running)
                    #expect(ended.status == .succeeded && ended.result?.stdout.text == "begun\ndone\n")
                    #expect(waiting.status == .running || waiting == ended)
                    #expect(try await api.ended(try await api.submitJob("bash", "true")).status == .succeeded)
                }
            }
        }

        @Test func whatIsForgottenIsGoneFromTheDiskToo() async throws {
            try await withConfiguration("jobs: {retention_secs: 1, lease_secs: 3}\n") { directory, arguments in
                try await ServerFixture.withServer(on: directory, arguments: arguments) { server in
                    let job = try await server.api.ended(
                        try await server.api.submitJob("bash", "head -c 200000 /dev/urandom | base64"))
                    let results = directory.path + "/results"
                    #expect(
                        try await eventually {
                            try FileManager.default.contentsOfDirectory(atPath: results).isEmpty
                        })
                    let gone = try await server.api.send("GET", server.api.sandboxPath("/jobs/\(job.id)"))
                    #expect(gone.status == 404)
                }
            }
        }
    }
}
