// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import OutpostAPI
import OutpostCore
import OutpostStore
import OutpostStoreSQLite
import Testing

/// The jobs of a database that the version before the documents wrote, and what that version answered about each:
/// `Tests/Upgrade/records-0006.sql` and `records-0006.json`. Neither is ever made anew.
struct ShippedRecordTests {
    private static func file(_ name: String) -> URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("Upgrade/records-0006.\(name)")
    }

    private static func withJobs(_ body: (any JobStore) async throws -> Void) async throws {
        try await withDatabasePath { path in
            let queue = try DatabaseQueue(path: path)
            let dump = try String(contentsOf: file("sql"), encoding: .utf8)
            try await queue.write { try $0.execute(sql: dump) }
            try queue.close()
            let stores = try SQLiteStores.open(path: path)
            try await body(stores.jobs)
            try await stores.close()
        }
    }

    @Test func eachJobIsAnsweredByteForByteAsTheEarlierVersionAnswered() async throws {
        let answers = try JSONDecoder().decode([String: String].self, from: Data(contentsOf: Self.file("json")))
        try await Self.withJobs { jobs in
            var results = 0
            for (path, answer) in answers {
                let id = try #require(path.split(separator: "/").last.flatMap { JobID(String($0)) })
                let record = try #require(try await jobs.job(id, in: .default))
                var job = record.job
                if case .inline(let bytes) = record.result {
                    job.result = try Execution(stored: bytes)
                    results += 1
                }
                #expect(String(decoding: job.json.bytes, as: UTF8.self) == answer)
                // What is written of it now is the same, too.
                guard let result = job.result else { continue }
                #expect(try Execution(stored: result.stored()).json.bytes == result.json.bytes)
            }
            #expect(answers.count == 17 && results == 11)
        }
    }

    @Test func whatWaitsIsRunAsItWasAskedFor() async throws {
        try await Self.withJobs { jobs in
            var waiting: [JobRequest] = []
            while let claimed = try await jobs.take(1).first {
                waiting.append(try JobRequest(stored: claimed.request))
            }
            #expect(waiting == Self.requests)
        }
    }

    /// In the order of their turns.
    private static let requests = [
        JobRequest(
            execution: ExecutionRequest(
                program: .code("print('é\u{1}/\"')", language: "python"), timeoutMilliseconds: 1500,
                cpuTimeMilliseconds: 700,
                limits: ResourceLimitsRequest(
                    memoryMiB: 64, cpuCores: 0.5, timeoutMilliseconds: 1500, diskMiB: 16, maxProcesses: 5,
                    maxOutputBytes: 999, stackMiB: 3, maxFileBytes: 12345),
                stdin: [0xFF, 0, 0xFE], arguments: ["a", ""],
                environment: [EnvironmentVariable(name: "A", value: "1"), EnvironmentVariable(name: "B", value: "")],
                workingDirectory: "/tmp",
                files: [
                    SandboxFile(path: "x", content: Array("#!".utf8), mode: 0o755),
                    SandboxFile(path: "y", content: [0xFF], mode: 0o700),
                ], outputKeep: .head, interleaved: true),
            language: "python",
            security: SecurityRequest(seccompEnabled: true, user: .root, preset: "strict", isolation: .namespaces),
            priority: 9, maxAttempts: 4, callbackURL: "https://example.com/hook?token=s3cret%2F"),
        JobRequest(
            execution: ExecutionRequest(
                program: .command(["sh", "-c", "exit 3"]), timeoutMilliseconds: 2000,
                limits: ResourceLimitsRequest(timeoutMilliseconds: 2000), concurrent: true),
            language: "bash"),
        judged(
            "1",
            JudgeRequest(
                tests: [
                    JudgeTest(
                        stdin: Array("a".utf8), arguments: ["x"], expectedStdout: "b", timeLimitMilliseconds: 100,
                        wallTimeLimitMilliseconds: 400, memoryLimitMiB: 32),
                    JudgeTest(stdin: [0xFF]),
                ],
                checker: JudgeProgram(
                    language: "python", code: "c",
                    files: [SandboxFile(path: "h", content: Array("i".utf8), mode: 0o644)]),
                stopsOnFailure: true)),
        judged("2", JudgeRequest(tests: [JudgeTest()], comparison: .numbers(tolerance: 0.001))),
        judged(
            "3", JudgeRequest(tests: [JudgeTest()], interactor: JudgeProgram(language: "bash", code: "i"))),
        JobRequest(
            execution: ExecutionRequest(program: .code("4", language: nil)), sandboxID: SandboxID("sbx_7c32ca05c9a8")),
    ]

    private static func judged(_ code: String, _ judge: JudgeRequest) -> JobRequest {
        JobRequest(
            execution: ExecutionRequest(program: .code(code, language: "python"), judge: judge), language: "python")
    }

    /// An earlier version would take a document for damage, so it must not open what this one has opened.
    @Test func anEarlierVersionRefusesWhatThisOneHasOpened() async throws {
        try await withDatabasePath { path in
            try await SQLiteStores.open(path: path).close()
            let applied = try await DatabaseQueue(path: path).read { database in
                try String.fetchAll(database, sql: "SELECT identifier FROM grdb_migrations ORDER BY rowid")
            }
            #expect(applied.contains("0007-job-documents"))
        }
    }
}
