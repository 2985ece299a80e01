// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The fields by which a list of sandboxes can be sorted.
public enum SandboxSortField: String, SortField {
    case createdAt = "created_at"
    case lastUsedAt = "last_used_at"
    case name

    public static let standard = SandboxSortField.createdAt
    public static let standardOrder = ListOrder.descending
}

/// The query of `GET …/sandbox`.
public struct SandboxListQuery: Hashable, Sendable {
    /// The page and its order.
    public var list: ListQuery<SandboxSortField>
    /// Only sandboxes with this status; nil for all.
    public var status: SandboxStatus?
    /// Only sandboxes with this name of a language; nil for all.
    public var language: String?
    /// Only sandboxes with this mode; nil for all.
    public var mode: SandboxMode?

    /// The parameters that the call takes.
    public static let parameters =
        ListQuery<SandboxSortField>.parameters + [
            Field("status", .enumeration("Only sandboxes with this status.", SandboxStatus.self)),
            Field("language", .string("Only sandboxes with this language.", length: 1...64, checks: [.printable])),
            Field("mode", .enumeration("Only sandboxes with this mode.", SandboxMode.self)),
        ]

    /// Makes a query. Without arguments it asks for the first page of all sandboxes.
    public init(
        list: ListQuery<SandboxSortField> = .init(), status: SandboxStatus? = nil, language: String? = nil,
        mode: SandboxMode? = nil
    ) {
        self.list = list
        self.status = status
        self.language = language
        self.mode = mode
    }

    /// Decodes the parameters of a URL, which are percent-decoded already.
    ///
    /// - Throws: `invalid_request` that names each wrong parameter.
    public init(query pairs: [(name: String, value: String)]) throws(OutpostError) {
        let object = try QueryString.object(pairs, Self.parameters)
        list = try ListQuery(validated: object)
        status = try object.optional("status", { $0.oneOf(SandboxStatus.self) })
        language = try object.optional("language", \.stringValue)
        mode = try object.optional("mode", { $0.oneOf(SandboxMode.self) })
    }

    /// The parameters of a URL, not percent-encoded.
    public var pairs: [(name: String, value: String)] {
        let filters = [("status", status?.rawValue), ("language", language), ("mode", mode?.rawValue)]
        return list.pairs + filters.compactMap { name, value in value.map { (name: name, value: $0) } }
    }
}
