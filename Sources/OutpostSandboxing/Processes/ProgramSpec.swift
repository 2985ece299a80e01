// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A program to run in a sandbox.
public struct ProgramSpec: Hashable, Sendable {
    public var arguments: [String]
    public var environment: [EnvironmentVariable]
    public var workingDirectory: String
    public var user: SandboxUser
    /// Absolute paths.
    public var files: [SandboxFile]
    /// Written after `files`.
    public var fileRegions: [FileRegion] = []
    /// Where the platform keeps what it writes for the run; nil when it writes nothing but the client's files.
    public var folder: RunFolder?
    /// How its interpreter can be started ahead, if it has one that can.
    public var warm: WarmHint?
    public var stdin: [UInt8]
    /// Whether more may be written to its input after `stdin`; else it ends there.
    public var isInputOpen = false
    public var limits: ResourceLimits
    /// The main thread's stack where the limits name none.
    public var usualStackMiB = ResourceLimits.ordinaryStackMiB
    /// Milliseconds of processor time, of all its processes together, after which it is killed; nil for no such limit.
    public var cpuTimeMilliseconds: Int?
    /// Milliseconds of wall time to which its own grows by the time for which it is kept from the processor; nil when its own
    /// is the end in any case.
    public var starvedMilliseconds: Int?
    /// Whether it is killed when it has written more to its standard output than is kept.
    public var stopsAtOutputLimit = false
    /// In place of three streams; nil for those.
    public var terminal: ProcessTerminal?
    /// In place of `stdin` and of a kept standard output; nil for those.
    public var pipes: ProgramPipes?
    public var seccompEnabled: Bool
    /// Which calls the filter lets through.
    public var preset: SecurityPreset
    /// What is kept of output that is longer than its limit.
    public var outputKeep = OutputKeep.both
    /// Whether the order in which it writes to both streams is kept. Each of its writes then waits until the one before is
    /// read.
    public var isInterleaved = false

    public init(
        arguments: [String], environment: [EnvironmentVariable], workingDirectory: String, user: SandboxUser,
        files: [SandboxFile] = [], stdin: [UInt8] = [], limits: ResourceLimits, seccompEnabled: Bool = true,
        preset: SecurityPreset = .default
    ) {
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.user = user
        self.files = files
        self.stdin = stdin
        self.limits = limits
        self.seccompEnabled = seccompEnabled
        self.preset = preset
    }
}

extension ProgramSpec {
    /// What keeps one stream of the program.
    public var outputRecord: OutputRecord { OutputRecord(limit: limits.maxOutputBytes, keep: outputKeep) }
}
