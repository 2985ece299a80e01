// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The answer with the secret that signs a namespace's callbacks.
public struct CallbackSecretReply: Hashable, Sendable {
    /// The HMAC key. Its bytes are those of this text; it is not decoded.
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
