// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A program to run in a sandbox.
public struct ProgramSpec: Hashable, Sendable {
    /// The program and its arguments.
    public var arguments: [String]
    /// The environment variables. They are the only ones of the program.
    public var environment: [EnvironmentVariable]
    /// The absolute path of the working directory.
    public var workingDirectory: String
    /// The user of the program in the sandbox.
    public var user: SandboxUser
    /// Files that are written before the program starts, with absolute paths.
    public var files: [SandboxFile]
    /// Parts of host files that are written after `files`.
    public var fileRegions: [FileRegion] = []
    /// The folder for the files that the platform writes for the run. Nil when there are none.
    public var folder: RunFolder?
    /// How its interpreter can be started before the program. Nil for other programs.
    public var warm: WarmHint?
    /// The standard input, or its first part.
    public var stdin: [UInt8]
    /// Whether more input may follow `stdin`. Otherwise the input ends there.
    public var isInputOpen = false
    /// What the program may use.
    public var limits: ResourceLimits
    /// Whether the limit of wall time in `limits` applies. A process that lives with its sandbox can have none.
    public var isTimed = true
    /// The stack of the main thread in MiB, when `limits` has none.
    public var usualStackMiB = ResourceLimits.ordinaryStackMiB
    /// The processor time limit of all its processes together, in milliseconds. Nil for none.
    public var cpuTimeMilliseconds: Int?
    /// The longest wall time in milliseconds, when the wall time limit grows by the time for which the program waits
    /// for a processor. Nil when the limit does not grow.
    public var starvedMilliseconds: Int?
    /// Whether the program is killed when it exceeds the limit of stdout.
    public var stopsAtOutputLimit = false
    /// A terminal instead of the three streams.
    public var terminal: ProcessTerminal?
    /// Pipes to another program, instead of `stdin` and a captured stdout.
    public var pipes: ProgramPipes?
    /// Whether the program has a seccomp filter.
    public var seccompEnabled: Bool
    /// The system calls that the filter allows.
    public var preset: SecurityPreset
    /// Which part of too long output is kept.
    public var outputKeep = OutputKeep.both
    /// Whether the order of the writes to both streams is recorded. Then each write waits until the previous one is
    /// read.
    public var isInterleaved = false

    /// Creates a program. The other values have defaults and can be set afterwards.
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
    /// The rules for the captured output of one stream.
    public var outputRecord: OutputRecord { OutputRecord(limit: limits.maxOutputBytes, keep: outputKeep) }

    /// The most bytes of memory that the captured output of both streams takes. Interleaved output is a second copy.
    public var outputBytes: Int { 2 * (outputRecord.mostBytes + (isInterleaved ? limits.maxOutputBytes : 0)) }
}
