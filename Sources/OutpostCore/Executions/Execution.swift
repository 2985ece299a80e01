// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// How a run ended. The platform decides it from its own measurements, not from what the program says.
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

/// The time limit that ended a run.
public enum TimeLimit: String, Sendable, CaseIterable {
    /// The limit of processor time.
    case cpu
    /// The limit of wall time.
    case wall
}

/// The compile step of a compiled language.
public struct CompileResult: Hashable, Sendable {
    public var stdout: CapturedOutput
    public var stderr: CapturedOutput
    /// Nil when a signal ended the compiler.
    public var exitCode: Int?
    public var durationMilliseconds: Double
    /// Whether the program was already compiled and came from the cache.
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
    /// Both streams in the order in which they were written; nil when the request did not ask for it.
    public var output: [OutputPiece]?
    /// The limit that a run with the status `timed_out` reached. Nil for other runs, and for records of older versions.
    public var limit: TimeLimit?
    /// Nil when a signal ended the program or the program never started.
    public var exitCode: Int?
    /// The name of the signal that ended the program, such as `SIGKILL`; nil without one.
    public var signal: String?
    /// Wall time of the program, in milliseconds.
    public var durationMilliseconds: Double
    /// User and system time of the run's whole process tree, in milliseconds.
    public var cpuTimeMilliseconds: Double
    /// The highest memory charged to the run, in bytes. Never above the limit. It does not count the files that exist at
    /// the run's end, except for a run that ran out of memory.
    public var memoryPeakBytes: Int
    public var compile: CompileResult?
    public var startedAt: Timestamp
    public var completedAt: Timestamp
    /// Why a run with the status `sandbox_error` failed, or why a judge's program did not compile. For the caller, without
    /// internals.
    public var message: String?
    /// The result of each test, in the order of the request; nil for a run without tests.
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

extension Execution {
    /// Bytes of all kept output of the run, its compiler and its tests.
    public var outputBytes: Int {
        let compiler = compile.map { $0.stdout.bytes.count + $0.stderr.bytes.count } ?? 0
        let judged = (tests ?? []).reduce(0) { $0 + $1.stdout.bytes.count + $1.stderr.bytes.count }
        let ordered = (output ?? []).reduce(0) { $0 + $1.bytes.count }
        return stdout.bytes.count + stderr.bytes.count + compiler + judged + ordered
    }
}
