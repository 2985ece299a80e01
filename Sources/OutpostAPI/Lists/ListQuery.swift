// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// What a list of one noun may be ordered by.
public protocol SortField: RawRepresentable, CaseIterable, Hashable, Sendable where RawValue == String {
    /// What it is ordered by when the client does not say.
    static var standard: Self { get }
    /// Which way, when the client does not say.
    static var standardOrder: ListOrder { get }
}

/// Which way a list runs.
public enum ListOrder: String, Sendable, CaseIterable {
    case ascending = "asc"
    case descending = "desc"
}

/// Which page of a list, and in what order.
public struct ListQuery<Sort: SortField>: Hashable, Sendable {
    /// From 1.
    public var page: Int
    /// Items on a page, at most 100.
    public var perPage: Int
    public var sort: Sort
    public var order: ListOrder

    /// Items before the page.
    public var offset: Int { (page - 1) * perPage }

    /// The parameters that every list takes.
    public static var parameters: [Field] {
        [
            Field(
                "page", Schema.integer("The number of the page; the first is 1.", 1...1_000_000_000).defaulting(to: 1)),
            Field("per_page", Schema.integer("The number of items on a page.", 1...100).defaulting(to: 20)),
            Field(
                "sort",
                Schema.enumeration("Sort by this field.", Sort.self).defaulting(to: .string(Sort.standard.rawValue))),
            Field(
                "order",
                Schema.enumeration("Sort ascending (asc) or descending (desc).", ListOrder.self)
                    .defaulting(to: .string(Sort.standardOrder.rawValue))),
        ]
    }

    /// A query with the defaults where nothing is said.
    public init(
        page: Int = 1, perPage: Int = 20, sort: Sort = .standard, order: ListOrder = Sort.standardOrder
    ) {
        self.page = page
        self.perPage = perPage
        self.sort = sort
        self.order = order
    }

    /// The query of a URL, percent-decoded, in its order.
    ///
    /// - Throws: `invalid_request` that names the parameter.
    public init(query pairs: [(name: String, value: String)]) throws(OutpostError) {
        try self.init(validated: try QueryString.object(pairs, Self.parameters))
    }

    init(validated object: JSONObject) throws(OutpostError) {
        self.init(
            page: try object.optional("page", \.integerValue) ?? 1,
            perPage: try object.optional("per_page", \.integerValue) ?? 20,
            sort: try object.optional("sort", { $0.oneOf(Sort.self) }) ?? .standard,
            order: try object.optional("order", { $0.oneOf(ListOrder.self) }) ?? Sort.standardOrder)
    }

    /// The parameters of a URL, not percent-encoded.
    public var pairs: [(name: String, value: String)] {
        [
            (name: "page", value: String(page)), (name: "per_page", value: String(perPage)),
            (name: "sort", value: sort.rawValue), (name: "order", value: order.rawValue),
        ]
    }
}
