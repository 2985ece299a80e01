// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The answer of `/healthz` and `/readyz` on success.
public struct HealthReply: Hashable, Sendable {
    /// `ok` or `ready`.
    public var status: String

    public init(status: String) { self.status = status }
}

extension HealthReply: JSONBody {
    public static let schema = Schema.object(
        "The server is up.", [Field("status", .string("`ok` or `ready`."), required: true)], isOpen: true
    ).named("Health")

    public var json: JSONValue { ["status": .string(status)] }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(status: try object.required("status", \.stringValue))
    }
}
