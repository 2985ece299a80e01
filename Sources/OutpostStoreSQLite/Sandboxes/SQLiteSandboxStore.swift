// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import GRDB
import OutpostCore
import OutpostStore

/// Stores sandboxes in SQLite. `all` moves rows that it cannot read into quarantine.
struct SQLiteSandboxStore: SandboxStore {
    let database: SQLiteDatabase

    func insert(_ sandbox: Sandbox) async throws(OutpostError) {
        try await database.write { try sandbox.insert(in: $0) }
    }

    func delete(_ id: SandboxID) async throws(OutpostError) -> Bool {
        try await database.write { database in
            try id.endSealings(in: database)
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

extension Sandbox {
    /// - Throws: `conflict` when the table has the id.
    func insert(in database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "INSERT INTO sandboxes (\(Self.databaseColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        do {
            try statement.execute(arguments: databaseArguments())
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_PRIMARYKEY {
            throw OutpostError(.conflict, "sandbox \(id) exists already", cause: error)
        }
    }

    /// - Returns: whether the table has the id.
    func update(in database: Database) throws -> Bool {
        let columns = Self.databaseColumns.split(separator: ", ").map { "\($0) = ?" }.joined(separator: ", ")
        let statement = try database.cachedStatement(sql: "UPDATE sandboxes SET \(columns) WHERE id = ?")
        try statement.execute(arguments: databaseArguments() + [id.rawValue])
        return database.changesCount > 0
    }
}

extension SandboxID {
    /// Forgets the sealings of the sandbox's disk.
    func endSealings(in database: Database) throws {
        try database.cachedStatement(sql: "DELETE FROM disk_sealings WHERE sandbox = ?").execute(arguments: [rawValue])
    }
}
