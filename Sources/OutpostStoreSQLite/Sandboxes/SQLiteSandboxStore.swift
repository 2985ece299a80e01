// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import GRDB
import OutpostCore
import OutpostStore

/// Stores sandboxes in SQLite. `all` moves rows that it cannot read into quarantine.
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

    func delete(_ id: SandboxID) async throws(OutpostError) -> Bool {
        try await database.write { database in
            try database.cachedStatement(sql: "DELETE FROM sandboxes WHERE id = ?").execute(arguments: [id.rawValue])
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
}
