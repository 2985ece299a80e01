// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A decoded submission of a job.
public struct JobRequest: Hashable, Sendable {
    public var execution: ExecutionRequest
    /// Nil for the language of the sandbox.
    public var language: String?
    /// The sandbox to run in; nil for a new sandbox.
    public var sandboxID: SandboxID?
    /// Nil for the security of the sandbox, or for the defaults in a new one.
    public var security: SecurityRequest?
    /// Within a namespace, jobs with a higher priority run first.
    public var priority: Int
    /// The most attempts. Only a fault of the platform leads to another attempt.
    public var maxAttempts: Int
    /// The URL that gets the job when it has ended; nil for none.
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
