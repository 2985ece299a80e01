// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// How a program ended, as the host measured it.
public struct ProgramResult: Hashable, Sendable {
    public enum End: Hashable, Sendable {
        case exited(Int32)
        /// The name of the signal.
        case signalled(String)
        /// It could not be started: the program is missing or not executable. The text is for its stderr.
        /// `code` is what a shell says of it: 127 when there is no such program, 126 when it is there.
        case notStarted(String, code: Int32 = 127)
    }

    /// What ended it, other than itself.
    public enum Cause: Hashable, Sendable {
        /// Its wall time was over.
        case timeout
        /// It used more processor time than it may.
        case processorTime
        /// It wrote more to its standard output than is kept, and was to be stopped then.
        case outputLimit
        case memory, diskFull, cancelled
    }

    public var end: End
    public var cause: Cause?
    public var stdout: CapturedOutput
    public var stderr: CapturedOutput
    public var durationMilliseconds: Double
    public var cpuTimeMilliseconds: Double
    public var memoryPeakBytes: Int
    /// In which order it wrote to both streams, when that was asked for.
    public var order: OutputOrder?
    /// What else the caller should hear.
    public var message: String?

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
