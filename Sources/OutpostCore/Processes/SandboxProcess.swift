// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The state of a process.
public enum ProcessStatus: String, Sendable, CaseIterable {
    case running, exited, signalled
    /// The sandbox or the server ended first. How the process ended is unknown.
    case lost
}

/// Why a process ended, if not by itself.
public enum ProcessCause: String, Sendable, CaseIterable {
    case timedOut = "timed_out"
    case outOfMemory = "out_of_memory"
    case diskFull = "disk_full"
    /// A call ended it.
    case cancelled
    /// The sandbox failed.
    case sandboxError = "sandbox_error"
    /// The server stopped or was killed.
    case serverStopped = "server_stopped"
}

/// A process that lives with its sandbox, as the server knows it now.
public struct SandboxProcess: Hashable, Sendable {
    public let id: ProcessID
    public let sandboxID: SandboxID
    public var name: String?
    /// The program and its arguments. A long list is cut.
    public var command: [String]
    public var status: ProcessStatus
    /// Nil while the process runs, and when a signal ended it.
    public var exitCode: Int?
    /// The name of the signal that ended it, such as `SIGKILL`; nil without one.
    public var signal: String?
    public var cause: ProcessCause?
    /// The size of its terminal; nil without a terminal.
    public var terminal: ProcessTerminal?
    /// Its number in the sandbox; nil when unknown.
    public var pid: Int?
    /// How many bytes it wrote to stdout, kept or not. A terminal counts as stdout.
    public var stdoutBytes: Int
    /// How many bytes it wrote to stderr, kept or not.
    public var stderrBytes: Int
    /// User and system time of the process and all its descendants, in milliseconds.
    public var cpuTimeMilliseconds: Double
    /// The highest memory charged to it, in bytes. Nil while it runs.
    public var memoryPeakBytes: Int?
    public var startedAt: Timestamp
    public var endedAt: Timestamp?

    public init(
        id: ProcessID, sandboxID: SandboxID, name: String? = nil, command: [String], status: ProcessStatus = .running,
        exitCode: Int? = nil, signal: String? = nil, cause: ProcessCause? = nil, terminal: ProcessTerminal? = nil,
        pid: Int? = nil, stdoutBytes: Int = 0, stderrBytes: Int = 0, cpuTimeMilliseconds: Double = 0,
        memoryPeakBytes: Int? = nil, startedAt: Timestamp, endedAt: Timestamp? = nil
    ) {
        self.id = id
        self.sandboxID = sandboxID
        self.name = name
        self.command = command
        self.status = status
        self.exitCode = exitCode
        self.signal = signal
        self.cause = cause
        self.terminal = terminal
        self.pid = pid
        self.stdoutBytes = stdoutBytes
        self.stderrBytes = stderrBytes
        self.cpuTimeMilliseconds = cpuTimeMilliseconds
        self.memoryPeakBytes = memoryPeakBytes
        self.startedAt = startedAt
        self.endedAt = endedAt
    }
}
