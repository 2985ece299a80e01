// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// How a client wants its sandbox held in.
public struct SecurityRequest: Hashable, Sendable {
    public var seccompEnabled: Bool
    public var user: SandboxUser
    public var preset: String
    /// Nil for what the server gives in the namespace.
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

    /// What is in force when this isolation is given.
    public func granted(_ isolation: Isolation) -> SandboxSecurity {
        SandboxSecurity(seccompEnabled: seccompEnabled, user: user, preset: preset, isolation: isolation)
    }
}
