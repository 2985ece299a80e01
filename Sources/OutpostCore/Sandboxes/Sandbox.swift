// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The record of a sandbox, with all values in force.
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
    /// An absolute path inside the sandbox.
    public var workingDirectory: String
    public var security: SandboxSecurity
    /// The owner's labels.
    public var metadata: [String: String]
    /// Seconds from creation to expiry; nil for no such expiry.
    public var timeToLiveSeconds: Int?
    /// Seconds without a use after which `onIdle` happens; nil for never.
    public var idleTimeoutSeconds: Int?
    /// What happens to a sandbox that nobody has used for `idleTimeoutSeconds`.
    public var onIdle: IdleAction
    public var createdAt: Timestamp
    public var lastUsedAt: Timestamp
    public var expiresAt: Timestamp?
    /// The sealed disks below the sandbox's own disk, the lowest first.
    public var layers: [SealedDiskID]
    /// The last use at the time when its disk became the last one of `layers`; nil when none did. A later use has made a
    /// new disk.
    public var sealedAfterUse: Timestamp?

    public init(
        id: SandboxID, namespace: NamespaceName, name: String?, language: String, image: String, mode: SandboxMode,
        status: SandboxStatus, limits: ResourceLimits, environment: [EnvironmentVariable], workingDirectory: String,
        security: SandboxSecurity, metadata: [String: String], timeToLiveSeconds: Int?, idleTimeoutSeconds: Int?,
        createdAt: Timestamp, lastUsedAt: Timestamp, expiresAt: Timestamp?, layers: [SealedDiskID] = [],
        sealedAfterUse: Timestamp? = nil, onIdle: IdleAction = .delete
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
        self.layers = layers
        self.sealedAfterUse = sealedAfterUse
        self.onIdle = onIdle
    }
}

/// What happens to a sandbox that nobody uses.
public enum IdleAction: String, Sendable, CaseIterable {
    /// It is deleted.
    case delete
    /// It is paused.
    case pause
}

/// Whether a sandbox keeps its files between runs.
public enum SandboxMode: String, Sendable, CaseIterable {
    /// Each run starts with the files of the image only.
    case ephemeral
    /// The files stay until the sandbox is deleted.
    case stateful
}

/// The status of a sandbox.
public enum SandboxStatus: String, Sendable, CaseIterable {
    case creating, ready, running, paused, unhealthy, failed, deleting
}

extension Sandbox {
    /// Bytes of the texts that the client chose: the environment and the labels.
    public var recordBytes: Int {
        environment.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
            + metadata.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    }
}
