// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The fields by which a list of one noun can be sorted. The raw values are the names in requests.
public protocol SortField: RawRepresentable, CaseIterable, Hashable, Sendable where RawValue == String {
    /// The field when the request names none.
    static var standard: Self { get }
    /// The direction when the request names none.
    static var standardOrder: ListOrder { get }
}

/// The direction of a sort.
public enum ListOrder: String, Sendable, CaseIterable {
    case ascending = "asc"
    case descending = "desc"
}

/// A page of a list, and the order of the list.
public struct ListQuery<Sort: SortField>: Hashable, Sendable {
    /// The number of the page; the first is 1.
    public var page: Int
    /// The number of items on a page, at most 100.
    public var perPage: Int
    /// The field to sort by.
    public var sort: Sort
    /// The direction of the sort.
    public var order: ListOrder

    /// The number of items before the page.
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

    /// Makes a query. Without arguments it asks for the first page in the standard order.
    public init(
        page: Int = 1, perPage: Int = 20, sort: Sort = .standard, order: ListOrder = Sort.standardOrder
    ) {
        self.page = page
        self.perPage = perPage
        self.sort = sort
        self.order = order
    }

    /// Decodes the parameters of a URL, which are percent-decoded already.
    ///
    /// - Throws: `invalid_request` that names each wrong parameter.
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
