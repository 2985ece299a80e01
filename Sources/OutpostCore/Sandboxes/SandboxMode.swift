// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Whether a sandbox keeps anything between runs.
public enum SandboxMode: String, Sendable, CaseIterable {
    /// Every run starts from the clean image.
    case ephemeral
    /// The file system stays until the sandbox is deleted.
    case stateful
}

/// Where a sandbox stands.
public enum SandboxStatus: String, Sendable, CaseIterable {
    case creating, ready, running, paused, unhealthy, failed, deleting
}

/// One `K=V` of a program's environment; order is kept, a later one wins.
public struct EnvironmentVariable: Hashable, Sendable {
    public let name: String
    public let value: String

    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// A file to put into the sandbox before the program starts.
public struct SandboxFile: Hashable, Sendable {
    /// Absolute, or relative to the working directory.
    public let path: String
    public let content: [UInt8]
    /// Its permissions, at most 0o777.
    public let mode: UInt32

    /// - Parameter mode: nil for one that can be executed where the content says by what, and one that cannot elsewhere.
    public init(path: String, content: [UInt8], mode: UInt32? = nil) {
        self.path = path
        self.content = content
        self.mode = mode ?? (content.starts(with: Array("#!".utf8)) ? 0o755 : 0o644)
    }
}

/// Who the program runs as, inside the sandbox.
public struct SandboxUser: Hashable, Sendable {
    public let name: String
    public let uid: UInt32
    public let gid: UInt32
    public let home: String

    public init(name: String, uid: UInt32, gid: UInt32, home: String) {
        self.name = name
        self.uid = uid
        self.gid = gid
        self.home = home
    }

    public static let sandbox = SandboxUser(name: "sandbox", uid: 1000, gid: 1000, home: "/home/sandbox")
    public static let root = SandboxUser(name: "root", uid: 0, gid: 0, home: "/root")
    public static let known: [SandboxUser] = [.sandbox, .root]
}

/// How a sandbox is held in, as it is in force.
public struct SandboxSecurity: Hashable, Sendable {
    public var seccompEnabled: Bool
    public var user: SandboxUser
    public var preset: String
    /// What `preset` names; a name of another version holds in as the default does.
    public var rules: SecurityPreset { SecurityPreset(rawValue: preset) ?? .default }
    public var isolation: Isolation

    public init(
        seccompEnabled: Bool = true, user: SandboxUser = .sandbox, preset: String = "default",
        isolation: Isolation = .namespaces
    ) {
        self.seccompEnabled = seccompEnabled
        self.user = user
        self.preset = preset
        self.isolation = isolation
    }
}
