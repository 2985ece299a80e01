// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What the callbacks of a namespace are signed with.
public struct CallbackSecretReply: Hashable, Sendable {
    public var secret: String

    public init(secret: String) { self.secret = secret }
}

extension CallbackSecretReply: JSONBody {
    public static let schema = Schema.object(
        "The secret that signs the callbacks of a namespace.",
        [Field("secret", .string("The key of the HMAC, used as it is."), required: true)], isOpen: true
    ).named("CallbackSecret")

    public var json: JSONValue { ["secret": .string(secret)] }

    public init(validated object: JSONObject) throws(OutpostError) {
        secret = try object.required("secret", \.stringValue)
    }
}
