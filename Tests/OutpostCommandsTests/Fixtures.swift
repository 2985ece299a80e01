// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

@testable import OutpostCommands

/// What a command reads, without a terminal, a process or a disk.
func localInput(
    isTerminal: Bool = false, standardInput: [UInt8] = [], files: [String: [UInt8]] = [:]
) -> LocalInput {
    LocalInput(
        isTerminal: isTerminal, standardInput: { standardInput },
        availableInput: { ReadInput(bytes: standardInput, isOpen: isTerminal) }
    ) { path in
        guard let content = files[path] else { throw OutpostError(.invalidRequest, "cannot read \(path)") }
        return content
    }
}

extension Execution {
    /// A run that ended so.
    static func ended(
        _ status: ExecutionStatus, stdout: CapturedOutput = .init(), stderr: CapturedOutput = .init(),
        exitCode: Int? = nil, signal: String? = nil, compile: CompileResult? = nil, message: String? = nil
    ) -> Execution {
        Execution(
            id: ExecutionID(), sandboxID: SandboxID(), status: status, stdout: stdout, stderr: stderr,
            exitCode: exitCode, signal: signal, durationMilliseconds: 1512, memoryPeakBytes: 300 << 20,
            compile: compile, startedAt: Timestamp(milliseconds: 0), completedAt: Timestamp(milliseconds: 1512),
            message: message)
    }
}

extension Job {
    /// A job of the default namespace that was submitted a second after 1970 began, and started two seconds later.
    static func standing(
        _ status: JobStatus, attempt: Int = 1, maxAttempts: Int = 1, result: Execution? = nil, error: JobError? = nil
    ) -> Job {
        Job(
            id: JobID(number: 0xAB), namespace: .default, sandboxID: SandboxID(number: 0xCD), status: status,
            attempt: attempt, maxAttempts: maxAttempts, priority: -5, result: result, error: error,
            createdAt: Timestamp(milliseconds: 1000),
            startedAt: status == .queued ? nil : Timestamp(milliseconds: 3000),
            completedAt: status.isTerminal ? Timestamp(milliseconds: 4250) : nil)
    }
}

extension CapturedOutput {
    /// All that was written.
    init(_ text: String) { self.init(bytes: Array(text.utf8), total: text.utf8.count) }
}

extension Sandbox {
    /// A sandbox of the default namespace.
    static func sample(name: String?) throws -> Sandbox {
        let created = Timestamp(milliseconds: 1_795_254_067_250)
        return Sandbox(
            id: SandboxID(), namespace: .default, name: name, language: "python", image: "host", mode: .stateful,
            status: .ready, limits: .shippedDefaults, environment: [EnvironmentVariable(name: "A", value: "1")],
            workingDirectory: "/home/sandbox", security: .init(), metadata: ["team": "search"],
            timeToLiveSeconds: nil, idleTimeoutSeconds: nil, createdAt: created, lastUsedAt: created, expiresAt: nil)
    }
}
