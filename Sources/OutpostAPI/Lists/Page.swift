// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// One page of a list.
public struct Page<Item: JSONBody>: Sendable {
    /// The items of this page, in order.
    public var items: [Item]
    /// The number of the page; the first is 1.
    public var page: Int
    /// The number of items on a full page.
    public var perPage: Int
    /// The number of items on all pages.
    public var total: Int

    /// Makes the page for `query` from `items`, which a store has selected already.
    public init<Sort>(_ items: [Item], of total: Int, _ query: ListQuery<Sort>) {
        self.items = items
        self.total = total
        page = query.page
        perPage = query.perPage
    }

    /// Makes the page for `query` from `all`, which is sorted already.
    public init<Sort>(slicing all: [Item], _ query: ListQuery<Sort>) {
        self.init(Array(all.dropFirst(query.offset).prefix(query.perPage)), of: all.count, query)
    }

    /// The number of pages; 0 for an empty list.
    public var totalPages: Int { total / perPage + (total % perPage == 0 ? 0 : 1) }
}

extension Page: Equatable where Item: Equatable {}

extension Page: JSONBody {
    public static var schema: Schema {
        let schema = Schema.object(
            "One page of a list.",
            [
                Field("data", .array("In the order asked for.", of: Item.schema), required: true),
                Field("pagination", .pagination, required: true),
            ], isOpen: true)
        return Item.schema.componentName.map { schema.named($0 + "List") } ?? schema
    }

    public var json: JSONValue {
        [
            "data": .array(items.map(\.json)),
            "pagination": [
                "page": .integer(Int64(page)),
                "per_page": .integer(Int64(perPage)),
                "total": .integer(Int64(total)),
                "total_pages": .integer(Int64(totalPages)),
            ],
        ]
    }

    public init(validated object: JSONObject) throws(OutpostError) {
        items = try object.list("data") { (value) throws(OutpostError) -> Item? in
            guard let item = value.objectValue else { return nil }
            return try Item(validated: item)
        }
        let pagination = try object.required("pagination", \.objectValue)
        page = try pagination.required("page", \.integerValue)
        perPage = try pagination.required("per_page", \.integerValue)
        total = try pagination.required("total", \.integerValue)
    }
}

extension Schema {
    fileprivate static let pagination = Schema.object(
        "Where in the list the page is.",
        [
            Field("page", .integer("The number of the page; the first is 1."), required: true),
            Field("per_page", .integer("The number of items on a page."), required: true),
            Field("total", .integer("The number of items on all pages.", 0...Int64.max), required: true),
            Field("total_pages", .integer("The number of pages.", 0...Int64.max), required: true),
        ], isOpen: true
    ).named("Pagination")
}
