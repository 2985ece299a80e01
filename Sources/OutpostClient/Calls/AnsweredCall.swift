// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The cause of an error that the server answered with; what has no such cause never came from a server.
public struct AnsweredCall: Error, Hashable, Sendable {
    /// HTTP status.
    public let status: Int
    /// The server's name for the call, which the operator finds its log by.
    public let requestID: String?
}
