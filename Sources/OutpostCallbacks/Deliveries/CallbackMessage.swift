// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// One callback to deliver.
public struct CallbackMessage: Sendable {
    /// The URL from the job's submission.
    public let url: String
    /// The job as JSON.
    public let body: [UInt8]
    /// The namespace's secret, which signs the callback. Receivers know it.
    public let secret: String
    /// The id of the delivery. It is the same in each attempt, so a receiver recognizes a repetition.
    public let deliveryID: String
    /// The number of the attempt, from 1.
    public let attempt: Int

    public init(url: String, body: [UInt8], secret: String, deliveryID: String, attempt: Int) {
        self.url = url
        self.body = body
        self.secret = secret
        self.deliveryID = deliveryID
        self.attempt = attempt
    }
}
