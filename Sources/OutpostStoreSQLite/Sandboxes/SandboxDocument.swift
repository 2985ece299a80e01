// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// The part of a sandbox that its row has as JSON, because no query needs it.
///
/// A field that is added later is optional, because older rows lack it. A renamed property keeps its old coding key. Any
/// other change needs a new version.
struct SandboxDocument: Codable {
    /// Nil in the oldest documents, which have the form of version 1.
    let version: Int?
    let image: String
    let limits: Limits
    let environment: [Variable]
    let workingDirectory: String
    let security: Security
    let metadata: [String: String]
    let timeToLiveSeconds: Int?
    let idleTimeoutSeconds: Int?
    let layers: [String]?
    let sealedAfterUse: Int64?
    /// Nil for `delete`.
    let onIdle: String?

    struct Limits: Codable {
        let memoryMiB: Int
        let cpuCores: Double
        let timeoutMilliseconds: Int
        let diskMiB: Int
        let maxProcesses: Int
        let maxOutputBytes: Int
        let stackMiB: Int?
        let maxFileBytes: Int?
    }

    struct Variable: Codable {
        let name: String
        let value: String
    }

    struct Security: Codable {
        let seccompEnabled: Bool
        let user: User
        let preset: String
        let isolation: String
    }

    struct User: Codable {
        let name: String
        let uid: UInt32
        let gid: UInt32
        let home: String
    }
}

extension SandboxDocument {
    /// The version that is written.
    static let version = 1

    init(_ sandbox: Sandbox) {
        version = Self.version
        image = sandbox.image
        limits = Limits(sandbox.limits)
        environment = sandbox.environment.map { Variable(name: $0.name, value: $0.value) }
        workingDirectory = sandbox.workingDirectory
        security = Security(sandbox.security)
        metadata = sandbox.metadata
        timeToLiveSeconds = sandbox.timeToLiveSeconds
        idleTimeoutSeconds = sandbox.idleTimeoutSeconds
        layers = sandbox.layers.isEmpty ? nil : sandbox.layers.map(\.rawValue)
        sealedAfterUse = sandbox.sealedAfterUse?.milliseconds
        onIdle = sandbox.onIdle == .delete ? nil : sandbox.onIdle.rawValue
    }
}

extension SandboxDocument {
    /// - Throws: `UndecodableRecord` for an action that this version does not know.
    func idleAction() throws -> IdleAction {
        guard let onIdle else { return .delete }
        guard let action = IdleAction(rawValue: onIdle) else {
            throw UndecodableRecord(reason: "onIdle is '\(onIdle)'")
        }
        return action
    }

    /// - Throws: `UndecodableRecord` for a text that is no id.
    func layerIDs() throws -> [SealedDiskID] {
        try (layers ?? []).map { text in
            guard let id = SealedDiskID(text) else { throw UndecodableRecord(reason: "layers has '\(text)'") }
            return id
        }
    }
}

extension SandboxDocument.Limits {
    init(_ limits: ResourceLimits) {
        memoryMiB = limits.memoryMiB
        cpuCores = limits.cpuCores
        timeoutMilliseconds = limits.timeoutMilliseconds
        diskMiB = limits.diskMiB
        maxProcesses = limits.maxProcesses
        maxOutputBytes = limits.maxOutputBytes
        stackMiB = limits.stackMiB
        maxFileBytes = limits.maxFileBytes
    }

    var resourceLimits: ResourceLimits {
        ResourceLimits(
            memoryMiB: memoryMiB, cpuCores: cpuCores, timeoutMilliseconds: timeoutMilliseconds, diskMiB: diskMiB,
            maxProcesses: maxProcesses, maxOutputBytes: maxOutputBytes, stackMiB: stackMiB,
            maxFileBytes: maxFileBytes)
    }
}

extension SandboxDocument.Security {
    init(_ security: SandboxSecurity) {
        let user = security.user
        seccompEnabled = security.seccompEnabled
        self.user = SandboxDocument.User(name: user.name, uid: user.uid, gid: user.gid, home: user.home)
        preset = security.preset
        isolation = security.isolation.rawValue
    }

    /// - Throws: `UndecodableRecord` for an isolation that this version does not know.
    func sandboxSecurity() throws -> SandboxSecurity {
        guard let isolation = Isolation(rawValue: isolation) else {
            throw UndecodableRecord(reason: "security.isolation is '\(isolation)'")
        }
        return SandboxSecurity(
            seccompEnabled: seccompEnabled,
            user: SandboxUser(name: user.name, uid: user.uid, gid: user.gid, home: user.home), preset: preset,
            isolation: isolation)
    }
}
