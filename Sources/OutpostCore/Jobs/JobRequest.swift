// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A submission, decoded: what `execute` takes, and how the job is to be treated.
public struct JobRequest: Hashable, Sendable {
    public var execution: ExecutionRequest
    /// Nil for the language of the sandbox.
    public var language: String?
    /// Where to run, or nil for a sandbox of its own.
    public var sandboxID: SandboxID?
    /// Nil for the sandbox's own, or the defaults.
    public var security: SecurityRequest?
    public var priority: Int
    /// How often its program may be started, when the platform fails it.
    public var maxAttempts: Int
    /// Gets the job when it has ended.
    public var callbackURL: String?

    public init(
        execution: ExecutionRequest, language: String? = nil, sandboxID: SandboxID? = nil,
        security: SecurityRequest? = nil, priority: Int = 0, maxAttempts: Int = 1, callbackURL: String? = nil
    ) {
        self.execution = execution
        self.language = language
        self.sandboxID = sandboxID
        self.security = security
        self.priority = priority
        self.maxAttempts = maxAttempts
        self.callbackURL = callbackURL
    }
}
