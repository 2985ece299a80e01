// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostSandboxing

/// Converts the results of the driver into executions of the API.
struct RunReport {
    let id: ExecutionID
    let sandbox: SandboxID
    let startedAt: Timestamp

    /// Returns the execution of a run whose program was started or refused.
    func execution(_ result: ProgramResult, compile: CompileResult?, completedAt: Timestamp) -> Execution {
        var execution = Execution(
            id: id, sandboxID: sandbox, status: status(result), limit: limit(result), stdout: result.stdout,
            stderr: result.stderr, durationMilliseconds: result.durationMilliseconds,
            cpuTimeMilliseconds: result.cpuTimeMilliseconds, memoryPeakBytes: result.memoryPeakBytes, compile: compile,
            startedAt: startedAt, completedAt: completedAt, message: result.message)
        execution.output = result.order?.pieces([.stdout: result.stdout, .stderr: result.stderr])
        switch result.end {
        case .exited(let code): execution.exitCode = Int(code)
        case .signalled(let signal): execution.signal = signal
        case .notStarted(let reason, let code):
            execution.exitCode = Int(code)
            execution.stderr = CapturedOutput(bytes: Array(reason.utf8), total: reason.utf8.count)
            if result.order != nil { execution.output = [OutputPiece(stream: .stderr, bytes: Array(reason.utf8))] }
        }
        return execution
    }

    /// Returns the execution of a run whose compiler failed. Its message says that it was the compiler which reached a
    /// limit, because the status alone does not tell.
    func failedCompile(_ result: ProgramResult, completedAt: Timestamp) -> Execution {
        var status = status(result)
        if status == .failed { status = .compileFailed }
        return Execution(
            id: id, sandboxID: sandbox, status: status, limit: limit(result),
            cpuTimeMilliseconds: result.cpuTimeMilliseconds,
            memoryPeakBytes: result.memoryPeakBytes, compile: compile(result), startedAt: startedAt,
            completedAt: completedAt, message: result.message ?? result.cause.flatMap(Self.compilerMessage))
    }

    private static func compilerMessage(_ cause: ProgramResult.Cause) -> String? {
        switch cause {
        case .timeout, .processorTime: "the compiler ran out of time"
        case .memory: "the compiler ran out of memory"
        case .diskFull: "the compiler filled its disk"
        case .cancelled, .outputLimit: nil
        }
    }

    /// Returns the execution of a run that failed because of the platform.
    func sandboxError(_ error: OutpostError, compile: CompileResult?, completedAt: Timestamp) -> Execution {
        Execution(
            id: id, sandboxID: sandbox, status: .sandboxError, compile: compile, startedAt: startedAt,
            completedAt: completedAt, message: error.message)
    }

    /// Returns the result of a compile step.
    func compile(_ result: ProgramResult) -> CompileResult {
        var exitCode: Int?
        var stderr = result.stderr
        switch result.end {
        case .exited(let code): exitCode = Int(code)
        case .signalled: break
        case .notStarted(let reason, let code):
            exitCode = Int(code)
            stderr = CapturedOutput(bytes: Array(reason.utf8), total: reason.utf8.count)
        }
        return CompileResult(
            stdout: result.stdout, stderr: stderr, exitCode: exitCode,
            durationMilliseconds: result.durationMilliseconds, cached: false)
    }

    private func status(_ result: ProgramResult) -> ExecutionStatus {
        switch result.cause {
        case .timeout, .processorTime: .timedOut
        case .memory: .outOfMemory
        case .diskFull: .diskFull
        case .cancelled: .cancelled
        // Only programs of a judge have this cause. Their verdict has the details.
        case .outputLimit: .failed
        case nil: result.end == .exited(0) ? .succeeded : .failed
        }
    }

    private func limit(_ result: ProgramResult) -> TimeLimit? {
        switch result.cause {
        case .timeout: .wall
        case .processorTime: .cpu
        default: nil
        }
    }
}
