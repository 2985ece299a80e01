// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Something that happened to a sandbox.
public struct SandboxEvent: Hashable, Sendable {
    /// What happened. The raw values are the names in answers.
    public enum Kind: String, Sendable, CaseIterable {
        case created
        /// The sandbox has started.
        case ready
        /// A run has ended.
        case run
        case unhealthy, healthy, paused, resumed, expired
        /// The server was restarted, which ends all processes.
        case restarted
        case outOfMemory = "out_of_memory"
        case deleted
    }

    /// 1 for the first event that this server has seen of the sandbox, then 2, and so on.
    public let number: UInt64
    public let kind: Kind
    public let happenedAt: Timestamp
    /// Why it happened, for people.
    public let reason: String

    public init(number: UInt64, kind: Kind, happenedAt: Timestamp, reason: String) {
        self.number = number
        self.kind = kind
        self.happenedAt = happenedAt
        self.reason = reason
    }
}
