// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The program of a run: code in a language, or a command.
public enum ExecutionProgram: Hashable, Sendable {
    /// Source text. A nil language means the language of the sandbox.
    case code(String, language: String?)
    /// An argument vector. No shell interprets it.
    case command([String])
}

/// A decoded call of `exec` or `execute`.
public struct ExecutionRequest: Hashable, Sendable {
    public var program: ExecutionProgram
    /// The id of the execution, chosen by the client; nil for a new one.
    public var id: ExecutionID?
    /// Whether a streamed run goes on when its client goes away.
    public var detach: Bool
    /// The limit of wall time in milliseconds. It wins over the one in `limits`.
    public var timeoutMilliseconds: Int?
    /// The limit of the processor time of all the program's processes together, in milliseconds; nil for none.
    public var cpuTimeMilliseconds: Int?
    public var limits: ResourceLimitsRequest
    public var stdin: [UInt8]
    /// Whether more input may follow `stdin` while the program runs. Otherwise the input ends there.
    public var isInputOpen: Bool
    /// The arguments after the program's own name.
    public var arguments: [String]
    public var environment: [EnvironmentVariable]
    public var workingDirectory: String?
    public var files: [SandboxFile]
    /// Whether the run starts in a stateful sandbox without waiting for earlier runs.
    public var concurrent: Bool
    /// The part of too long output that is kept.
    public var outputKeep: OutputKeep
    /// Whether the answer also has both streams in the order in which they were written.
    public var interleaved: Bool
    /// The tests to run the program with. Nil for one run with `stdin`.
    public var judge: JudgeRequest?

    public init(
        program: ExecutionProgram, id: ExecutionID? = nil, detach: Bool = false, timeoutMilliseconds: Int? = nil,
        cpuTimeMilliseconds: Int? = nil,
        limits: ResourceLimitsRequest = .init(), stdin: [UInt8] = [], isInputOpen: Bool = false,
        arguments: [String] = [],
        environment: [EnvironmentVariable] = [], workingDirectory: String? = nil, files: [SandboxFile] = [],
        concurrent: Bool = false, outputKeep: OutputKeep = .both, interleaved: Bool = false,
        judge: JudgeRequest? = nil
    ) {
        self.program = program
        self.id = id
        self.detach = detach
        self.timeoutMilliseconds = timeoutMilliseconds
        self.cpuTimeMilliseconds = cpuTimeMilliseconds
        self.limits = limits
        self.stdin = stdin
        self.isInputOpen = isInputOpen
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.files = files
        self.concurrent = concurrent
        self.outputKeep = outputKeep
        self.interleaved = interleaved
        self.judge = judge
    }
}

/// One variable of a program's environment. In a list a later variable wins over an earlier one of the same name.
public struct EnvironmentVariable: Hashable, Sendable {
    public let name: String
    public let value: String

    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// A file that is written into the sandbox before the program starts.
public struct SandboxFile: Hashable, Sendable {
    /// An absolute path, or one relative to the working directory.
    public let path: String
    public let content: [UInt8]
    /// The permissions, at most 0o777.
    public let mode: UInt32

    /// - Parameter mode: nil for 0o755 when the content starts with `#!`, and 0o644 otherwise.
    public init(path: String, content: [UInt8], mode: UInt32? = nil) {
        self.path = path
        self.content = content
        self.mode = mode ?? (content.starts(with: Array("#!".utf8)) ? 0o755 : 0o644)
    }
}
