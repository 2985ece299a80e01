// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import GRDB
import OutpostCore
import OutpostStore

/// Sandboxes in SQLite. A record that cannot be read is left out of lists until `all` moves it into quarantine.
struct SQLiteSandboxStore: SandboxStore {
    let database: SQLiteDatabase

    func insert(_ sandbox: Sandbox) async throws(OutpostError) {
        try await database.write { database in
            let statement = try database.cachedStatement(
                sql: "INSERT INTO sandboxes (\(Sandbox.databaseColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            do {
                try statement.execute(arguments: sandbox.databaseArguments())
            } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_PRIMARYKEY {
                throw OutpostError(.conflict, "sandbox \(sandbox.id) exists already", cause: error)
            }
        }
    }

    func sandbox(_ id: SandboxID, in namespace: NamespaceName) async throws(OutpostError) -> Sandbox? {
        try await database.read { database in
            let statement = try database.cachedStatement(
                sql: "SELECT \(Sandbox.databaseColumns) FROM sandboxes WHERE id = ? AND namespace = ?")
            return try Row.fetchOne(statement, arguments: [id.rawValue, namespace.rawValue]).map(Sandbox.init(row:))
        }
    }

    func delete(_ id: SandboxID) async throws(OutpostError) -> Bool {
        try await database.write { database in
            try database.cachedStatement(sql: "DELETE FROM sandboxes WHERE id = ?").execute(arguments: [id.rawValue])
            return database.changesCount > 0
        }
    }

    func updateStatus(_ id: SandboxID, to status: SandboxStatus) async throws(OutpostError) -> Bool {
        try await database.write { database in
            try database.cachedStatement(sql: "UPDATE sandboxes SET status = ? WHERE id = ?")
                .execute(arguments: [status.rawValue, id.rawValue])
            return database.changesCount > 0
        }
    }

    func touch(_ touches: [SandboxTouch]) async throws(OutpostError) {
        try await database.write { database in
            let statement = try database.cachedStatement(
                sql: "UPDATE sandboxes SET last_used_at = ?, expires_at = ? WHERE id = ?")
            for touch in touches {
                try statement.execute(arguments: [
                    touch.lastUsedAt.milliseconds, touch.expiresAt?.milliseconds, touch.id.rawValue,
                ])
            }
        }
    }

    func expired(before moment: Timestamp) async throws(OutpostError) -> [Sandbox] {
        try await database.read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT \(Sandbox.databaseColumns) FROM sandboxes
                    WHERE expires_at IS NOT NULL AND expires_at <= ? ORDER BY expires_at
                    """)
            return readableSandboxes(in: try Row.fetchAll(statement, arguments: [moment.milliseconds]))
        }
    }

    func count() async throws(OutpostError) -> Int {
        try await database.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM sandboxes") ?? 0 }
    }
}

/// The sandboxes in `rows`, without those that cannot be read.
func readableSandboxes(in rows: [Row]) -> [Sandbox] {
    rows.compactMap { row in
        do { return try Sandbox(row: row) } catch { return nil }
    }
}
