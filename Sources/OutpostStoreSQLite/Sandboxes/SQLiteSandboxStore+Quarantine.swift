// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import GRDB
import OutpostCore
import OutpostStore

extension SQLiteSandboxStore {
    func all() async throws(OutpostError) -> SandboxInventory {
        try await database.write { database in
            let rows = try Row.fetchAll(
                database,
                sql: "SELECT rowid, \(Sandbox.databaseColumns) FROM sandboxes ORDER BY created_at, id")
            var sandboxes: [Sandbox] = []
            for row in rows {
                do {
                    sandboxes.append(try Sandbox(row: row))
                } catch let error as UndecodableRecord {
                    try quarantine(
                        row, of: "sandboxes", Sandbox.databaseColumns, because: error.reason, in: database)
                }
            }
            let snapshots = try Self.snapshots(in: database)
            return SandboxInventory(
                sandboxes: sandboxes, quarantined: try quarantinedRecords(in: database), snapshots: snapshots,
                sealings: try Self.sealings(in: database))
        }
    }
}

/// Moves the row of a table to the table `sandbox_quarantine`. `content` has each value as an SQL literal, so an operator can
/// restore the row by hand.
func quarantine(
    _ row: Row, of table: String, _ names: String, because reason: String, in database: Database
) throws {
    let columns = names.split(separator: ", ")
    let literals = columns.map { "quote(\($0))" }.joined(separator: " || ', ' || ")
    let rowID: DatabaseValue = row["rowid"]
    try database.execute(
        sql: """
            INSERT INTO sandbox_quarantine (id, reason, quarantined_at, content)
            SELECT CAST(id AS TEXT), ?, unixepoch() * 1000, \(literals) FROM \(table) WHERE rowid = ?
            """,
        arguments: [reason, rowID])
    try database.execute(sql: "DELETE FROM \(table) WHERE rowid = ?", arguments: [rowID])
}

private func quarantinedRecords(in database: Database) throws -> [QuarantinedRecord] {
    try Row.fetchAll(database, sql: "SELECT id, reason, quarantined_at FROM sandbox_quarantine ORDER BY rowid").map {
        QuarantinedRecord(
            id: try $0.decoded("id"), reason: try $0.decoded("reason"),
            quarantinedAt: try $0.decodedTimestamp("quarantined_at"))
    }
}
