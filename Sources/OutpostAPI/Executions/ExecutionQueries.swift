// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The fields by which a list of runs can be sorted.
public enum ExecutionSortField: String, SortField {
    case startedAt = "started_at"

    public static let standard = ExecutionSortField.startedAt
    public static let standardOrder = ListOrder.descending
}

/// The query of a call that follows a run.
public struct ExecutionEventsQuery: Hashable, Sendable {
    /// The `seq` of the last event that the reader has; 0 for none.
    public var after: UInt64

    /// The parameters that the call takes.
    public static let parameters = [
        Field(
            "after_seq",
            Schema.integer("Send only events with a larger `seq`.", 0...Int64.max).defaulting(to: 0))
    ]

    /// Makes a query. By default the server sends all events that it has.
    public init(after: UInt64 = 0) { self.after = after }

    /// Decodes the parameters of a URL, which are percent-decoded already.
    ///
    /// - Throws: `invalid_request` that names each wrong parameter.
    public init(query pairs: [(name: String, value: String)]) throws(OutpostError) {
        let object = try QueryString.object(pairs, Self.parameters)
        after = UInt64(try object.optional("after_seq", \.integerValue) ?? 0)
    }

    /// The parameters of a URL, not percent-encoded.
    public var pairs: [(name: String, value: String)] {
        after == 0 ? [] : [(name: "after_seq", value: String(after))]
    }
}
