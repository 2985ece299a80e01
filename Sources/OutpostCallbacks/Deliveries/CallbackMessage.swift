// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// One callback to deliver.
public struct CallbackMessage: Sendable {
    /// Where to, as it was submitted.
    public let url: String
    /// The job as JSON.
    public let body: [UInt8]
    /// What the namespace and its receivers share.
    public let secret: String
    /// The same in each attempt, so that a receiver can tell a repetition.
    public let deliveryID: String
    /// From 1.
    public let attempt: Int

    public init(url: String, body: [UInt8], secret: String, deliveryID: String, attempt: Int) {
        self.url = url
        self.body = body
        self.secret = secret
        self.deliveryID = deliveryID
        self.attempt = attempt
    }
}
