// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A decoded call that creates a sandbox.
public struct SandboxRequest: Hashable, Sendable {
    public var language: String
    public var mode: SandboxMode
    public var limits: ResourceLimitsRequest
    public var environment: [EnvironmentVariable]
    public var workingDirectory: String?
    public var security: SecurityRequest
    public var name: String?
    public var metadata: [String: String]
    /// Seconds from creation to expiry; nil for no such expiry.
    public var timeToLiveSeconds: Int?
    /// Seconds without a use after which `onIdle` happens; nil for never.
    public var idleTimeoutSeconds: Int?
    /// What happens after that time.
    public var onIdle: IdleAction
    /// The snapshot with the files that the sandbox starts from; nil for the image alone.
    public var snapshot: SnapshotID?

    public init(
        language: String, mode: SandboxMode = .ephemeral, limits: ResourceLimitsRequest = .init(),
        environment: [EnvironmentVariable] = [], workingDirectory: String? = nil, security: SecurityRequest = .init(),
        name: String? = nil, metadata: [String: String] = [:], timeToLiveSeconds: Int? = nil,
        idleTimeoutSeconds: Int? = nil, snapshot: SnapshotID? = nil, onIdle: IdleAction = .delete
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
        self.snapshot = snapshot
        self.onIdle = onIdle
    }
}
