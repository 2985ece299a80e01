// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The query of a call that shows a job or a run, and can wait for its end.
public struct PollQuery: Hashable, Sendable {
    /// The longest time in seconds to wait for the end; 0 answers at once.
    public var waitSeconds: Int

    private static let parameters = parameters(of: "job or run")

    /// The parameters of a call that shows a `subject`, such as "job".
    static func parameters(of subject: String) -> [Field] {
        [
            Field(
                "wait_secs",
                Schema.integer("Wait at most this many seconds for the \(subject) to end.", 0...300).defaulting(to: 0))
        ]
    }

    /// Makes a query. By default the server answers at once.
    public init(waitSeconds: Int = 0) { self.waitSeconds = waitSeconds }

    /// Decodes the parameters of a URL, which are percent-decoded already.
    ///
    /// - Throws: `invalid_request` that names each wrong parameter.
    public init(query pairs: [(name: String, value: String)]) throws(OutpostError) {
        let object = try QueryString.object(pairs, Self.parameters)
        waitSeconds = try object.optional("wait_secs", \.integerValue) ?? 0
    }

    /// The parameters of a URL, not percent-encoded.
    public var pairs: [(name: String, value: String)] {
        waitSeconds == 0 ? [] : [(name: "wait_secs", value: String(waitSeconds))]
    }
}
