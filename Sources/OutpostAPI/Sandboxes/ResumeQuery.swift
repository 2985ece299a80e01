// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The query of a call that needs a sandbox that is not paused.
public struct ResumeQuery: Hashable, Sendable {
    /// Whether to end a pause of the sandbox first.
    public var resume: Bool

    /// The name of the parameter.
    public static let name = "resume"

    /// The parameters that the call takes.
    public static let parameters = [
        Field(
            name,
            Schema.enumeration(
                "With `true`, a paused sandbox is resumed first. Otherwise the call gets the error `conflict`.",
                ["true", "false"]
            ).defaulting(to: "false"))
    ]

    /// Makes a query.
    public init(resume: Bool = false) { self.resume = resume }

    /// Decodes the parameters of a URL, which are percent-decoded already.
    ///
    /// - Throws: `invalid_request` that names each wrong parameter.
    public init(query pairs: [(name: String, value: String)]) throws(OutpostError) {
        let object = try QueryString.object(pairs, Self.parameters)
        resume = try object.optional(Self.name, \.stringValue) == "true"
    }

    /// The parameters of a URL, not percent-encoded.
    public var pairs: [(name: String, value: String)] { resume ? [(name: Self.name, value: "true")] : [] }
}
