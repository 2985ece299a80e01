// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The result of a program, as the host measured it.
public struct ProgramResult: Hashable, Sendable {
    /// How the program ended.
    public enum End: Hashable, Sendable {
        case exited(Int32)
        /// The value is the signal's name.
        case signalled(String)
        /// The program could not be started. The text is for its stderr. `code` is the exit code that a shell would
        /// report: 127 when the program does not exist, 126 when it cannot be executed.
        case notStarted(String, code: Int32 = 127)
    }

    /// Why the program ended, if not by itself.
    public enum Cause: Hashable, Sendable {
        /// It exceeded its wall time limit.
        case timeout
        /// It exceeded its processor time limit.
        case processorTime
        /// It wrote more to stdout than its limit, and the limit was set to stop it.
        case outputLimit
        case memory, diskFull, cancelled
    }

    /// How the program ended.
    public var end: End
    /// Why the platform stopped it, or why it failed. Nil when it ended by itself.
    public var cause: Cause?
    /// The captured standard output.
    public var stdout: CapturedOutput
    /// The captured standard error.
    public var stderr: CapturedOutput
    /// Wall time.
    public var durationMilliseconds: Double
    /// The processor time of all processes of the program.
    public var cpuTimeMilliseconds: Double
    /// The highest memory use of all processes together.
    public var memoryPeakBytes: Int
    /// The order of the writes to both streams. Nil when it was not recorded.
    public var order: OutputOrder?
    /// A further message for the client.
    public var message: String?

    /// Creates a result without an `order`.
    public init(
        end: End, cause: Cause?, stdout: CapturedOutput, stderr: CapturedOutput, durationMilliseconds: Double,
        cpuTimeMilliseconds: Double, memoryPeakBytes: Int, message: String? = nil
    ) {
        self.message = message
        self.end = end
        self.cause = cause
        self.stdout = stdout
        self.stderr = stderr
        self.durationMilliseconds = durationMilliseconds
        self.cpuTimeMilliseconds = cpuTimeMilliseconds
        self.memoryPeakBytes = memoryPeakBytes
    }
}
