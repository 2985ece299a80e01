// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What a driver must know to bring a sandbox up.
public struct SandboxSpec: Hashable, Sendable {
    /// Where its files are.
    public enum Storage: Hashable, Sendable {
        /// In memory, gone with the sandbox; at most so many MiB.
        case memory(mebibytes: Int)
        /// On this sandbox's disk of so many MiB, which is made at its first launch.
        case disk(SandboxID, mebibytes: Int)
    }

    public var storage: Storage
    /// Whose it is: a sandbox that was made for one namespace never serves another. Nil for the server's own, in which no
    /// client's code runs.
    public var namespace: NamespaceName?
    /// Bounds what /dev/shm and /tmp hold, in MiB.
    public var memoryMiB: Int
    public var user: SandboxUser
    public var workingDirectory: String
    /// Whether only /tmp, /dev/shm and the working directory can be written.
    public var isRootReadOnly: Bool

    public init(
        storage: Storage, namespace: NamespaceName? = nil, memoryMiB: Int, user: SandboxUser, workingDirectory: String,
        isRootReadOnly: Bool = false
    ) {
        self.storage = storage
        self.namespace = namespace
        self.memoryMiB = memoryMiB
        self.user = user
        self.workingDirectory = workingDirectory
        self.isRootReadOnly = isRootReadOnly
    }
}

/// A part of a file of the host's, which becomes a file of the sandbox before the program starts.
public struct HostFile: Hashable, Sendable {
    /// Absolute, in the sandbox.
    public let path: String
    public let isExecutable: Bool
    public let source: any OpenFile
    /// Bytes of `source` before the part.
    public let offset: Int
    /// Bytes of the part.
    public let size: Int

    public init(path: String, isExecutable: Bool, source: any OpenFile, offset: Int, size: Int) {
        self.path = path
        self.isExecutable = isExecutable
        self.source = source
        self.offset = offset
        self.size = size
    }

    public static func == (left: HostFile, right: HostFile) -> Bool {
        left.source === right.source && left.path == right.path && left.isExecutable == right.isExecutable
            && left.offset == right.offset && left.size == right.size
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(source))
        hasher.combine(path)
    }
}

/// A program to run in a sandbox.
public struct ProgramSpec: Hashable, Sendable {
    public var arguments: [String]
    public var environment: [EnvironmentVariable]
    public var workingDirectory: String
    public var user: SandboxUser
    /// Absolute paths.
    public var files: [SandboxFile]
    /// Written after `files`.
    public var hostFiles: [HostFile] = []
    /// Where the platform keeps what it writes for the run; nil when it writes nothing but the client's files.
    public var folder: RunFolder?
    /// What it is a program of, if that is known.
    public var interpreter: Starter.Interpreter?
    /// Whether sandboxes are copied from it, so that what the kernel counts for all of them together is not bounded here.
    public var isTemplate = false
    public var stdin: [UInt8]
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
