// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What to run: code in a language, or a command as it stands.
public enum ExecutionProgram: Hashable, Sendable {
    /// Source text; nil language takes the sandbox's.
    case code(String, language: String?)
    /// An argument vector that no shell sees.
    case command([String])
}

/// A call of `exec` or `execute`, decoded.
public struct ExecutionRequest: Hashable, Sendable {
    public var program: ExecutionProgram
    /// Wall time in milliseconds; wins over the one in the limits.
    public var timeoutMilliseconds: Int?
    /// Processor time of the program and all its processes in milliseconds; nil for no such limit.
    public var cpuTimeMilliseconds: Int?
    public var limits: ResourceLimitsRequest
    public var stdin: [UInt8]
    /// Follow the program's own name in its argument vector.
    public var arguments: [String]
    public var environment: [EnvironmentVariable]
    public var workingDirectory: String?
    public var files: [SandboxFile]
    /// On a stateful sandbox: do not wait for the runs before it.
    public var concurrent: Bool
    /// What is kept of output that is longer than its limit.
    public var outputKeep: OutputKeep
    /// Whether the answer has both streams in the order in which they were written, too.
    public var interleaved: Bool
    /// Tests to run the program with, in place of one run with `stdin`; nil for that one run.
    public var judge: JudgeRequest?

    public init(
        program: ExecutionProgram, timeoutMilliseconds: Int? = nil, cpuTimeMilliseconds: Int? = nil,
        limits: ResourceLimitsRequest = .init(), stdin: [UInt8] = [], arguments: [String] = [],
        environment: [EnvironmentVariable] = [], workingDirectory: String? = nil, files: [SandboxFile] = [],
        concurrent: Bool = false, outputKeep: OutputKeep = .both, interleaved: Bool = false,
        judge: JudgeRequest? = nil
    ) {
        self.program = program
        self.timeoutMilliseconds = timeoutMilliseconds
        self.cpuTimeMilliseconds = cpuTimeMilliseconds
        self.limits = limits
        self.stdin = stdin
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

/// A call of `sandbox` (create), decoded.
public struct SandboxRequest: Hashable, Sendable {
    public var language: String
    public var mode: SandboxMode
    public var limits: ResourceLimitsRequest
    public var environment: [EnvironmentVariable]
    public var workingDirectory: String?
    public var security: SecurityRequest
    public var name: String?
    public var metadata: [String: String]
    public var timeToLiveSeconds: Int?
    public var idleTimeoutSeconds: Int?

    public init(
        language: String, mode: SandboxMode = .ephemeral, limits: ResourceLimitsRequest = .init(),
        environment: [EnvironmentVariable] = [], workingDirectory: String? = nil, security: SecurityRequest = .init(),
        name: String? = nil, metadata: [String: String] = [:], timeToLiveSeconds: Int? = nil,
        idleTimeoutSeconds: Int? = nil
    ) {
        self.language = language
        self.mode = mode
        self.limits = limits
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.security = security
        self.name = name
        self.metadata = metadata
        self.timeToLiveSeconds = timeToLiveSeconds
        self.idleTimeoutSeconds = idleTimeoutSeconds
    }
}
