// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// How a run ended. Limits and causes come from the host's own measurements.
public enum ExecutionStatus: String, Sendable, CaseIterable {
    case succeeded, failed
    case compileFailed = "compile_failed"
    case depsFailed = "deps_failed"
    case timedOut = "timed_out"
    case outOfMemory = "out_of_memory"
    case diskFull = "disk_full"
    case cancelled
    case sandboxError = "sandbox_error"
}

/// Which of its two limits of time ended a run.
public enum TimeLimit: String, Sendable, CaseIterable {
    /// That of processor time.
    case cpu
    /// That of wall time.
    case wall
}

/// The compile step of a compiled language.
public struct CompileResult: Hashable, Sendable {
    public var stdout: CapturedOutput
    public var stderr: CapturedOutput
    /// Nil when a signal ended the compiler.
    public var exitCode: Int?
    public var durationMilliseconds: Double
    public var cached: Bool

    public init(
        stdout: CapturedOutput, stderr: CapturedOutput, exitCode: Int?, durationMilliseconds: Double, cached: Bool
    ) {
        self.stdout = stdout
        self.stderr = stderr
        self.exitCode = exitCode
        self.durationMilliseconds = durationMilliseconds
        self.cached = cached
    }
}

/// The result of one run.
public struct Execution: Hashable, Sendable {
    public let id: ExecutionID
    public let sandboxID: SandboxID
    public var status: ExecutionStatus
    public var stdout: CapturedOutput
    public var stderr: CapturedOutput
    /// Both streams in the order in which they were written; nil when nobody asked for that.
    public var output: [OutputPiece]?
    /// Of a run that timed out: the limit that it met; nil of other runs, and of those that were recorded without it.
    public var limit: TimeLimit?
    /// Nil when a signal ended the program, or it never started.
    public var exitCode: Int?
    /// `SIGKILL` and the like, or nil.
    public var signal: String?
    /// Wall time of the program, in milliseconds.
    public var durationMilliseconds: Double
    /// User and system time of the run's whole process tree, in milliseconds.
    public var cpuTimeMilliseconds: Double
    /// Highest memory charged to the run, in bytes; without the files that are there at its end, but for a run that ran out of
    /// memory. Never above the limit.
    public var memoryPeakBytes: Int
    public var compile: CompileResult?
    public var startedAt: Timestamp
    public var completedAt: Timestamp
    /// Why a run that is `sandbox_error` failed, or what ended a judge's compiler; shown to the caller, so without
    /// internals.
    public var message: String?
    /// One for each test of a judge, in their order; nil of a run without tests.
    public var tests: [TestResult]?

    public init(
        id: ExecutionID, sandboxID: SandboxID, status: ExecutionStatus, limit: TimeLimit? = nil,
        stdout: CapturedOutput = .init(), stderr: CapturedOutput = .init(), output: [OutputPiece]? = nil,
        exitCode: Int? = nil, signal: String? = nil,
        durationMilliseconds: Double = 0, cpuTimeMilliseconds: Double = 0, memoryPeakBytes: Int = 0,
        compile: CompileResult? = nil, startedAt: Timestamp, completedAt: Timestamp, message: String? = nil,
        tests: [TestResult]? = nil
    ) {
        self.id = id
        self.sandboxID = sandboxID
        self.status = status
        self.limit = limit
        self.stdout = stdout
        self.stderr = stderr
        self.output = output
        self.exitCode = exitCode
        self.signal = signal
        self.durationMilliseconds = durationMilliseconds
        self.cpuTimeMilliseconds = cpuTimeMilliseconds
        self.memoryPeakBytes = memoryPeakBytes
        self.compile = compile
        self.startedAt = startedAt
        self.completedAt = completedAt
        self.message = message
        self.tests = tests
    }
}
