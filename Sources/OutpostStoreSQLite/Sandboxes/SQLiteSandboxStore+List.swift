// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import GRDB
import OutpostCore
import OutpostStore

extension SQLiteSandboxStore {
    func list(_ query: SandboxQuery) async throws(OutpostError) -> SandboxPage {
        try await database.read { database in
            let (condition, arguments) = filter(of: query)
            let count = try database.cachedStatement(sql: "SELECT count(*) FROM sandboxes WHERE \(condition)")
            let page = try database.cachedStatement(
                sql: """
                    SELECT \(Sandbox.databaseColumns) FROM sandboxes WHERE \(condition)
                    ORDER BY \(order(of: query)) LIMIT ? OFFSET ?
                    """)
            let rows = try Row.fetchAll(page, arguments: arguments + [query.limit, query.offset])
            return SandboxPage(
                sandboxes: readableSandboxes(in: rows), total: try Int.fetchOne(count, arguments: arguments) ?? 0)
        }
    }
}

private func filter(of query: SandboxQuery) -> (condition: String, arguments: StatementArguments) {
    let filters = [
        ("status", query.status?.rawValue), ("language", query.language), ("mode", query.mode?.rawValue),
    ]
    var condition = "namespace = ?"
    var arguments: StatementArguments = [query.namespace.rawValue]
    for case (let column, let value?) in filters {
        condition += " AND \(column) = ?"
        arguments += [value]
    }
    return (condition, arguments)
}

private func order(of query: SandboxQuery) -> String {
    let direction = query.descending ? "DESC" : "ASC"
    // The raw values are the columns' names.
    return "\(query.sort.rawValue) \(direction), id \(direction)"
}
