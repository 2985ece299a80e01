// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension SandboxEvent: JSONBody {
    public static let schema = Schema.object(
        "Something that happened to a sandbox.",
        [
            Field(
                "seq",
                .integer(
                    "1 for the first event that the server has seen of the sandbox, then 2, and so on.", 1...Int64.max),
                required: true),
            Field("type", .enumeration("What happened.", SandboxEvent.Kind.self), required: true),
            Field("at", .timestamp("When it happened."), required: true),
            Field("reason", .string("Why it happened, for people."), required: true),
        ], isOpen: true
    ).named("SandboxEvent")

    public var json: JSONValue {
        [
            "seq": .integer(Int64(clamping: number)),
            "type": .string(kind.rawValue),
            "at": .string(happenedAt.rfc3339),
            "reason": .string(reason),
        ]
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            number: UInt64(try object.required("seq", \.integerValue)),
            kind: try object.required("type", { $0.oneOf(SandboxEvent.Kind.self) }),
            happenedAt: try object.required("at", \.timestampValue),
            reason: try object.required("reason", \.stringValue))
    }
}

/// The answer to `GET …/events` that is not followed.
public struct SandboxEventList: JSONBody, Hashable {
    /// The events, the oldest first.
    public var events: [SandboxEvent]

    public static let schema = Schema.object(
        "The last events of a sandbox.",
        [Field("data", .array("The oldest first.", of: SandboxEvent.schema), required: true)], isOpen: true
    ).named("SandboxEventList")

    /// Makes an answer.
    public init(events: [SandboxEvent]) { self.events = events }

    public var json: JSONValue { ["data": .array(events.map(\.json))] }

    public init(validated object: JSONObject) throws(OutpostError) {
        events = try object.list("data") { (value) throws(OutpostError) -> SandboxEvent? in
            guard let item = value.objectValue else { return nil }
            return try SandboxEvent(validated: item)
        }
    }
}

/// The query of `GET …/events`.
public struct SandboxEventsQuery: Hashable, Sendable {
    /// The last event that the caller has; 0 for none.
    public var after: UInt64

    /// The parameters that the call takes.
    public static let parameters = [
        Field(
            "after_seq",
            Schema.integer("The last event that the caller has. 0 starts with the oldest.", 0...Int64.max)
                .defaulting(to: 0))
    ]

    /// Makes a query.
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
