// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A record that could not be read, set aside whole so that a person can look at it.
public struct QuarantinedRecord: Hashable, Sendable {
    /// The record's id as it was stored, well-formed or not.
    public let id: String
    /// What about it could not be read. For the log and the operator.
    public let reason: String
    public let quarantinedAt: Timestamp

    public init(id: String, reason: String, quarantinedAt: Timestamp) {
        self.id = id
        self.reason = reason
        self.quarantinedAt = quarantinedAt
    }
}
