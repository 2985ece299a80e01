// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

extension Snapshot: JSONBody {
    public static let schema = Schema.object(
        "The files of a sandbox at one moment.",
        [
            Field("id", .string("", checks: [.identifier(SnapshotKind.self)]), required: true),
            Field("namespace", .string("", checks: [.namespaceName]), required: true),
            Field(
                "sandbox_id",
                .string(
                    "The sandbox whose files they are. It may be deleted.", checks: [.identifier(SandboxKind.self)]),
                required: true),
            Field("name", .string("The name that its creator gave.").orNull, required: true),
            Field(
                "size_bytes",
                .integer(
                    "Bytes that the files take on the host's disk. Other snapshots and sandboxes may share them.",
                    0...Int64.max), required: true),
            Field("created_at", .timestamp("When it was made."), required: true),
        ], isOpen: true
    ).named("Snapshot")

    public var json: JSONValue {
        [
            "id": .string(id.rawValue),
            "namespace": .string(namespace.rawValue),
            "sandbox_id": .string(sandboxID.rawValue),
            "name": .optional(name),
            "size_bytes": .integer(Int64(bytes)),
            "created_at": .string(createdAt.rfc3339),
        ]
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            id: try object.required("id", { $0.identifier(SnapshotKind.self) }),
            namespace: try object.required("namespace", \.namespaceValue),
            sandboxID: try object.required("sandbox_id", { $0.identifier(SandboxKind.self) }),
            name: try object.optional("name", \.stringValue), layers: [],
            bytes: try object.required("size_bytes", \.integerValue),
            createdAt: try object.required("created_at", \.timestampValue))
    }
}

/// The body of `POST …/snapshot`.
public struct SnapshotRequest: JSONBody, Hashable {
    /// A name to show to people.
    public var name: String?

    public static let schema = Schema.object("A snapshot to make.", [Field("name", .sandboxName)])
        .named("SnapshotRequest")

    /// Makes a request.
    public init(name: String? = nil) { self.name = name }

    public var json: JSONValue {
        var object = JSONObject()
        object["name"] = name.map { .string($0) }
        return .object(object)
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        name = try object.optional("name", \.stringValue)
    }
}

/// The body of `POST …/fork`.
public struct ForkRequest: JSONBody, Hashable {
    /// The number of new sandboxes.
    public var count: Int

    public static let schema = Schema.object(
        "New sandboxes with the files and settings of another.",
        [Field("count", Schema.integer("The number of new sandboxes.", 1...100).defaulting(to: 1))]
    ).named("ForkRequest")

    /// Makes a request.
    public init(count: Int = 1) { self.count = count }

    public var json: JSONValue { ["count": .integer(Int64(count))] }

    public init(validated object: JSONObject) throws(OutpostError) {
        count = try object.optional("count", \.integerValue) ?? 1
    }
}

/// The answer to `POST …/fork`.
public struct ForkReply: JSONBody, Hashable {
    /// The new sandboxes.
    public var sandboxes: [Sandbox]

    public static let schema = Schema.object(
        "The new sandboxes.", [Field("data", .array("", of: Sandbox.schema), required: true)], isOpen: true
    ).named("ForkReply")

    /// Makes an answer.
    public init(sandboxes: [Sandbox]) { self.sandboxes = sandboxes }

    public var json: JSONValue { ["data": .array(sandboxes.map(\.json))] }

    public init(validated object: JSONObject) throws(OutpostError) {
        sandboxes = try object.list("data") { (value) throws(OutpostError) -> Sandbox? in
            guard let item = value.objectValue else { return nil }
            return try Sandbox(validated: item)
        }
    }
}

/// The fields by which a list of snapshots can be sorted.
public enum SnapshotSortField: String, SortField {
    case createdAt = "created_at"
    case name
    case size = "size_bytes"

    public static let standard = SnapshotSortField.createdAt
    public static let standardOrder = ListOrder.descending
}

/// The query of `GET …/sandbox/snapshots`.
public struct SnapshotListQuery: Hashable, Sendable {
    /// The page and its order.
    public var list: ListQuery<SnapshotSortField>
    /// Only snapshots of this sandbox; nil for all.
    public var sandbox: SandboxID?

    /// The parameters that the call takes.
    public static let parameters =
        ListQuery<SnapshotSortField>.parameters + [
            Field(
                "sandbox_id",
                .string("Only snapshots of this sandbox.", checks: [.identifier(SandboxKind.self)]))
        ]

    /// Makes a query. Without arguments it asks for the first page of all snapshots.
    public init(list: ListQuery<SnapshotSortField> = .init(), sandbox: SandboxID? = nil) {
        self.list = list
        self.sandbox = sandbox
    }

    /// Decodes the parameters of a URL, which are percent-decoded already.
    ///
    /// - Throws: `invalid_request` that names each wrong parameter.
    public init(query pairs: [(name: String, value: String)]) throws(OutpostError) {
        let object = try QueryString.object(pairs, Self.parameters)
        list = try ListQuery(validated: object)
        sandbox = try object.optional("sandbox_id", { $0.identifier(SandboxKind.self) })
    }

    /// The parameters of a URL, not percent-encoded.
    public var pairs: [(name: String, value: String)] {
        list.pairs + (sandbox.map { [(name: "sandbox_id", value: $0.rawValue)] } ?? [])
    }
}
