// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What the queue itself says to clients, in the words of the API. The queue does not know them: the server does.
public struct JobWords: Sendable {
    /// What a callback says of a job that has ended.
    public var callbackBody: @Sendable (Job) -> [UInt8]
    /// What the job's owner reads of an error that ended it.
    public var message: @Sendable (OutpostError) -> String

    public init(
        callbackBody: @escaping @Sendable (Job) -> [UInt8], message: @escaping @Sendable (OutpostError) -> String
    ) {
        self.callbackBody = callbackBody
        self.message = message
    }
}
