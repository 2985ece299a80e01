// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

extension Execution {
    /// One that has everything that an execution can have.
    static let full = Execution(
        id: ExecutionID(number: 1), sandboxID: SandboxID(number: 2), status: .timedOut, limit: .cpu,
        stdout: CapturedOutput(bytes: [0x61, 0xC3], total: 9, headCount: 1),
        stderr: CapturedOutput(bytes: [0xFF, 0], total: 2, headCount: 2),
        output: [OutputPiece(stream: .stdout, bytes: [0x61]), OutputPiece(stream: .stderr, bytes: [0xFF, 0])],
        exitCode: 3, signal: "SIGKILL", durationMilliseconds: 1.25, cpuTimeMilliseconds: 0.123456789,
        memoryPeakBytes: 4096,
        compile: CompileResult(
            stdout: .init(bytes: [1], total: 1), stderr: .init(bytes: [2], total: 3, headCount: 1), exitCode: 1,
            durationMilliseconds: 7.5, cached: true),
        startedAt: Timestamp(milliseconds: 1), completedAt: Timestamp(milliseconds: 2), message: "why",
        tests: [
            TestResult(
                verdict: .timeLimitExceeded, limit: .wall, exitCode: 4, signal: "SIGTERM",
                stdout: .init(bytes: [3], total: 1), stderr: .init(bytes: [4], total: 1), durationMilliseconds: 5,
                cpuTimeMilliseconds: 6, memoryPeakBytes: 7, message: "said")
        ])
}

extension JobRequest {
    /// One that asks for everything that a job can ask for.
    static let full = JobRequest(
        execution: ExecutionRequest(
            program: .code("print()", language: "python"), timeoutMilliseconds: 1, cpuTimeMilliseconds: 2,
            limits: ResourceLimitsRequest(
                memoryMiB: 3, cpuCores: 0.1, timeoutMilliseconds: 4, diskMiB: 5, maxProcesses: 6, maxOutputBytes: 7,
                stackMiB: 8, maxFileBytes: 9),
            stdin: [0xFF, 0], arguments: ["a"], environment: [EnvironmentVariable(name: "A", value: "1")],
            workingDirectory: "/tmp", files: [SandboxFile(path: "x", content: [0xFE], mode: 0o700)],
            concurrent: true, outputKeep: .head, interleaved: true,
            judge: JudgeRequest(
                tests: [
                    JudgeTest(
                        stdin: [0xFD], arguments: ["b"], expectedStdout: "c", timeLimitMilliseconds: 10,
                        wallTimeLimitMilliseconds: 11, memoryLimitMiB: 12)
                ], comparison: .numbers(tolerance: 1e-9),
                checker: JudgeProgram(
                    language: "bash", code: "true", files: [SandboxFile(path: "y", content: [1], mode: 0o644)]),
                interactor: JudgeProgram(
                    language: "node", code: "0", files: [SandboxFile(path: "z", content: [2], mode: 0o755)]),
                stopsOnFailure: true)),
        language: "python", sandboxID: SandboxID(number: 3),
        security: SecurityRequest(
            seccompEnabled: true, user: SandboxUser(name: "u", uid: 1, gid: 2, home: "/u"), preset: "strict",
            isolation: .gvisor),
        priority: -100, maxAttempts: 10, callbackURL: "https://example.com/hook?token=s3cret%2F&a=é")
}
