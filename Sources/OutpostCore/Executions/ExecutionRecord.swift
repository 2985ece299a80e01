// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A run that has not ended.
public struct ExecutionInProgress: Hashable, Sendable {
    public let id: ExecutionID
    public let sandboxID: SandboxID
    /// When the program started. Nil while the run waits for its turn, its sandbox or its compiler.
    public var startedAt: Timestamp?
    /// The wall time of the program so far, in milliseconds.
    public var durationMilliseconds: Double
    /// The kept output so far. Empty when nobody follows the run.
    public var stdout: CapturedOutput
    /// As `stdout`.
    public var stderr: CapturedOutput

    public init(
        id: ExecutionID, sandboxID: SandboxID, startedAt: Timestamp? = nil, durationMilliseconds: Double = 0,
        stdout: CapturedOutput = .init(), stderr: CapturedOutput = .init()
    ) {
        self.id = id
        self.sandboxID = sandboxID
        self.startedAt = startedAt
        self.durationMilliseconds = durationMilliseconds
        self.stdout = stdout
        self.stderr = stderr
    }
}

/// What the server knows of a run now.
public enum ExecutionRecord: Hashable, Sendable {
    case inProgress(ExecutionInProgress)
    case ended(Execution)

    public var id: ExecutionID {
        switch self {
        case .inProgress(let run): run.id
        case .ended(let execution): execution.id
        }
    }

    /// Nil before the start.
    public var startedAt: Timestamp? {
        switch self {
        case .inProgress(let run): run.startedAt
        case .ended(let execution): execution.startedAt
        }
    }

    /// Bytes of all kept output.
    public var outputBytes: Int {
        switch self {
        case .inProgress(let run): run.stdout.bytes.count + run.stderr.bytes.count
        case .ended(let execution): execution.outputBytes
        }
    }
}

extension Execution {
    /// The same result with no bytes of any output. The number of bytes that were written stays.
    public var withoutOutput: Execution {
        var execution = self
        execution.stdout = stdout.limited(to: 0)
        execution.stderr = stderr.limited(to: 0)
        execution.output = output.map { _ in [] }
        execution.compile?.stdout = compile?.stdout.limited(to: 0) ?? CapturedOutput()
        execution.compile?.stderr = compile?.stderr.limited(to: 0) ?? CapturedOutput()
        execution.tests = tests?.map { test in
            var test = test
            test.stdout = test.stdout.limited(to: 0)
            test.stderr = test.stderr.limited(to: 0)
            return test
        }
        return execution
    }
}
