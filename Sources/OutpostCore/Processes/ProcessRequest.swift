// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A decoded call that starts a process, which lives with its sandbox.
public struct ProcessRequest: Hashable, Sendable {
    public var program: ExecutionProgram
    /// The arguments after the program's own name.
    public var arguments: [String]
    public var environment: [EnvironmentVariable]
    public var workingDirectory: String?
    /// A terminal instead of the three streams; nil for none.
    public var terminal: ProcessTerminal?
    /// Whether the process has a standard input that stays open. A terminal always has one.
    public var takesInput: Bool
    /// The limit of wall time in milliseconds; nil for none.
    public var timeoutMilliseconds: Int?
    public var limits: ResourceLimitsRequest
    /// A name that no running process of the sandbox has; nil for none.
    public var name: String?

    public init(
        program: ExecutionProgram, arguments: [String] = [], environment: [EnvironmentVariable] = [],
        workingDirectory: String? = nil, terminal: ProcessTerminal? = nil, takesInput: Bool = false,
        timeoutMilliseconds: Int? = nil, limits: ResourceLimitsRequest = .init(), name: String? = nil
    ) {
        self.program = program
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.terminal = terminal
        self.takesInput = takesInput
        self.timeoutMilliseconds = timeoutMilliseconds
        self.limits = limits
        self.name = name
    }
}
