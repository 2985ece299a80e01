// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The query of a call that sends standard input.
public struct InputQuery: Hashable, Sendable {
    /// Whether the input ends after the body.
    public var isLast: Bool

    /// The parameters that the call takes.
    public static let parameters = [Field("eof", .flag("Whether the input ends after the body."))]

    /// Makes a query. By default the input stays open.
    public init(isLast: Bool = false) { self.isLast = isLast }

    /// Decodes the parameters of a URL, which are percent-decoded already.
    ///
    /// - Throws: `invalid_request` that names each wrong parameter.
    public init(query pairs: [(name: String, value: String)]) throws(OutpostError) {
        isLast = try QueryString.object(pairs, Self.parameters).flag("eof")
    }

    /// The parameters of a URL, not percent-encoded.
    public var pairs: [(name: String, value: String)] { isLast ? [(name: "eof", value: "true")] : [] }
}

extension Schema {
    /// A truth value in the query of a URL.
    static func flag(_ doc: String) -> Schema {
        Schema.enumeration(doc, ["true", "false"]).defaulting(to: "false")
    }
}
