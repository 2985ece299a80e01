// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// An execution in the form that the store keeps.
struct ExecutionDocument: Codable {
    let version: Int
    let id: String
    let sandboxID: String
    let status: String
    let stdout: Output
    let stderr: Output
    let output: [Piece]?
    let limit: String?
    let exitCode: Int?
    let signal: String?
    let durationMilliseconds: Double
    let cpuTimeMilliseconds: Double
    let memoryPeakBytes: Int
    let compile: Compile?
    /// Milliseconds since 1970, as `completedAt`.
    let startedAt: Int64
    let completedAt: Int64
    let message: String?
    let tests: [Test]?

    struct Output: Codable {
        let bytes: StoredBytes
        let total: Int
        let headCount: Int
    }

    struct Piece: Codable {
        let stream: String
        let bytes: StoredBytes
    }

    struct Compile: Codable {
        let stdout: Output
        let stderr: Output
        let exitCode: Int?
        let durationMilliseconds: Double
        let cached: Bool
    }

    struct Test: Codable {
        let verdict: String
        let limit: String?
        let exitCode: Int?
        let signal: String?
        let stdout: Output
        let stderr: Output
        let durationMilliseconds: Double
        let cpuTimeMilliseconds: Double
        let memoryPeakBytes: Int
        let message: String?
    }
}

extension ExecutionDocument: VersionedDocument {
    typealias Unversioned = UnversionedExecution

    static let version = 1

    init(_ execution: Execution) {
        version = Self.version
        id = execution.id.rawValue
        sandboxID = execution.sandboxID.rawValue
        status = execution.status.rawValue
        stdout = Output(execution.stdout)
        stderr = Output(execution.stderr)
        output = execution.output?.map(Piece.init)
        limit = execution.limit?.rawValue
        exitCode = execution.exitCode
        signal = execution.signal
        durationMilliseconds = execution.durationMilliseconds
        cpuTimeMilliseconds = execution.cpuTimeMilliseconds
        memoryPeakBytes = execution.memoryPeakBytes
        compile = execution.compile.map(Compile.init)
        startedAt = execution.startedAt.milliseconds
        completedAt = execution.completedAt.milliseconds
        message = execution.message
        tests = execution.tests?.map(Test.init)
    }

    func value() throws -> Execution {
        Execution(
            id: try ExecutionID(stored: id, "id"), sandboxID: try SandboxID(stored: sandboxID, "sandboxID"),
            status: try ExecutionStatus(stored: status, "status"),
            limit: try limit.map { try TimeLimit(stored: $0, "limit") },
            stdout: try stdout.value(), stderr: try stderr.value(), output: try output?.map { try $0.value() },
            exitCode: exitCode, signal: signal, durationMilliseconds: durationMilliseconds,
            cpuTimeMilliseconds: cpuTimeMilliseconds, memoryPeakBytes: memoryPeakBytes,
            compile: try compile?.value(), startedAt: Timestamp(milliseconds: startedAt),
            completedAt: Timestamp(milliseconds: completedAt), message: message,
            tests: try tests?.map { try $0.value() })
    }
}

extension ExecutionDocument.Output {
    init(_ output: CapturedOutput) {
        bytes = StoredBytes(output.bytes)
        total = output.total
        headCount = output.headCount
    }

    func value() throws -> CapturedOutput {
        CapturedOutput(bytes: try bytes.bytes(), total: total, headCount: headCount)
    }
}

extension ExecutionDocument.Piece {
    init(_ piece: OutputPiece) {
        stream = piece.stream.rawValue
        bytes = StoredBytes(piece.bytes)
    }

    func value() throws -> OutputPiece {
        OutputPiece(stream: try LiveOutput.Stream(stored: stream, "output.stream"), bytes: try bytes.bytes())
    }
}

extension ExecutionDocument.Compile {
    init(_ compile: CompileResult) {
        stdout = ExecutionDocument.Output(compile.stdout)
        stderr = ExecutionDocument.Output(compile.stderr)
        exitCode = compile.exitCode
        durationMilliseconds = compile.durationMilliseconds
        cached = compile.cached
    }

    func value() throws -> CompileResult {
        CompileResult(
            stdout: try stdout.value(), stderr: try stderr.value(), exitCode: exitCode,
            durationMilliseconds: durationMilliseconds, cached: cached)
    }
}

extension ExecutionDocument.Test {
    init(_ test: TestResult) {
        verdict = test.verdict.rawValue
        limit = test.limit?.rawValue
        exitCode = test.exitCode
        signal = test.signal
        stdout = ExecutionDocument.Output(test.stdout)
        stderr = ExecutionDocument.Output(test.stderr)
        durationMilliseconds = test.durationMilliseconds
        cpuTimeMilliseconds = test.cpuTimeMilliseconds
        memoryPeakBytes = test.memoryPeakBytes
        message = test.message
    }

    func value() throws -> TestResult {
        TestResult(
            verdict: try Verdict(stored: verdict, "tests.verdict"),
            limit: try limit.map { try TimeLimit(stored: $0, "tests.limit") }, exitCode: exitCode, signal: signal,
            stdout: try stdout.value(), stderr: try stderr.value(), durationMilliseconds: durationMilliseconds,
            cpuTimeMilliseconds: cpuTimeMilliseconds, memoryPeakBytes: memoryPeakBytes, message: message)
    }
}
