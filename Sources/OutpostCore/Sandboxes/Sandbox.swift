// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A sandbox as its owner sees it: every field in force.
public struct Sandbox: Hashable, Sendable {
    public let id: SandboxID
    public let namespace: NamespaceName
    public var name: String?
    public var language: String
    public var image: String
    public var mode: SandboxMode
    public var status: SandboxStatus
    public var limits: ResourceLimits
    public var environment: [EnvironmentVariable]
    /// Absolute, inside the sandbox.
    public var workingDirectory: String
    public var security: SandboxSecurity
    /// Labels that the owner gave, in order of their keys.
    public var metadata: [String: String]
    /// Seconds from creation to expiry, or nil.
    public var timeToLiveSeconds: Int?
    /// Seconds without a run after which it expires, or nil.
    public var idleTimeoutSeconds: Int?
    public var createdAt: Timestamp
    public var lastUsedAt: Timestamp
    public var expiresAt: Timestamp?

    public init(
        id: SandboxID, namespace: NamespaceName, name: String?, language: String, image: String, mode: SandboxMode,
        status: SandboxStatus, limits: ResourceLimits, environment: [EnvironmentVariable], workingDirectory: String,
        security: SandboxSecurity, metadata: [String: String], timeToLiveSeconds: Int?, idleTimeoutSeconds: Int?,
        createdAt: Timestamp, lastUsedAt: Timestamp, expiresAt: Timestamp?
    ) {
        self.id = id
        self.namespace = namespace
        self.name = name
        self.language = language
        self.image = image
        self.mode = mode
        self.status = status
        self.limits = limits
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.security = security
        self.metadata = metadata
        self.timeToLiveSeconds = timeToLiveSeconds
        self.idleTimeoutSeconds = idleTimeoutSeconds
        self.createdAt = createdAt
        self.lastUsedAt = lastUsedAt
        self.expiresAt = expiresAt
    }
}
