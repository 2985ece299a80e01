// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The user of a program, inside the sandbox.
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

    /// The default user.
    public static let sandbox = SandboxUser(name: "sandbox", uid: 1000, gid: 1000, home: "/home/sandbox")
    /// Root inside the sandbox. Outside it is an unprivileged id.
    public static let root = SandboxUser(name: "root", uid: 0, gid: 0, home: "/root")
    /// The users that a request may name.
    public static let known: [SandboxUser] = [.sandbox, .root]
}

/// The security settings of a sandbox that are in force.
public struct SandboxSecurity: Hashable, Sendable {
    public var seccompEnabled: Bool
    public var user: SandboxUser
    /// The name of the preset. It may be unknown to this version.
    public var preset: String
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

    /// The preset with the name `preset`; the default for an unknown name.
    public var rules: SecurityPreset { SecurityPreset(rawValue: preset) ?? .default }
}

/// A named set of security rules. Single fields of a request win over it.
public enum SecurityPreset: String, Sendable, CaseIterable {
    case `default`
    /// Only /tmp, /dev/shm and the working directory are writable, fewer system calls are allowed, and 16 processes.
    case strict
    /// Programs may trace each other inside the sandbox.
    case debug

    /// The default limit of processes and threads; nil for the default of the configuration.
    public var maxProcesses: Int? { self == .strict ? 16 : nil }
}

/// The security settings that a request asks for.
public struct SecurityRequest: Hashable, Sendable {
    public var seccompEnabled: Bool
    public var user: SandboxUser
    public var preset: String
    /// Nil for the isolation that `IsolationPolicy` chooses.
    public var isolation: Isolation?

    public init(
        seccompEnabled: Bool = true, user: SandboxUser = .sandbox, preset: String = "default",
        isolation: Isolation? = nil
    ) {
        self.seccompEnabled = seccompEnabled
        self.user = user
        self.preset = preset
        self.isolation = isolation
    }

    /// The settings in force with the isolation that was granted.
    public func granted(_ isolation: Isolation) -> SandboxSecurity {
        SandboxSecurity(seccompEnabled: seccompEnabled, user: user, preset: preset, isolation: isolation)
    }
}
