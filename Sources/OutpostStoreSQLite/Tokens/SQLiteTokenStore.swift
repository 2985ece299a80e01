// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import OutpostCore
import OutpostStore

/// Stores tokens in SQLite.
struct SQLiteTokenStore: TokenStore {
    let database: SQLiteDatabase

    func insert(_ token: TokenRecord) async throws(OutpostError) {
        try await database.write { database in
            let statement = try database.cachedStatement(
                sql: "INSERT INTO tokens (\(TokenRecord.databaseColumns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            do {
                try statement.execute(arguments: token.databaseArguments)
            } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_CONSTRAINT_PRIMARYKEY {
                throw OutpostError(.conflict, "a token named \(token.name) exists already", cause: error)
            }
        }
    }

    func token(secretHash: [UInt8]) async throws(OutpostError) -> TokenRecord? {
        try await token(where: "secret_hash = ?", [Data(secretHash)])
    }

    func token(_ kind: TokenKind, named name: String) async throws(OutpostError) -> TokenRecord? {
        try await token(where: "kind = ? AND name = ?", [kind.rawValue, name])
    }

    private func token(
        where condition: String, _ arguments: StatementArguments
    ) async throws(OutpostError) -> TokenRecord? {
        try await database.read { database in
            let statement = try database.cachedStatement(
                sql: "SELECT \(TokenRecord.databaseColumns) FROM tokens WHERE \(condition)")
            return try Row.fetchOne(statement, arguments: arguments).map(TokenRecord.init(row:))
        }
    }

    func list(_ kind: TokenKind) async throws(OutpostError) -> [TokenRecord] {
        try await database.read { database in
            let statement = try database.cachedStatement(
                sql: "SELECT \(TokenRecord.databaseColumns) FROM tokens WHERE kind = ? ORDER BY name")
            return try Row.fetchAll(statement, arguments: [kind.rawValue]).map(TokenRecord.init(row:))
        }
    }

    func delete(_ kind: TokenKind, named name: String) async throws(OutpostError) -> Bool {
        try await database.write { database in
            try database.cachedStatement(sql: "DELETE FROM tokens WHERE kind = ? AND name = ?")
                .execute(arguments: [kind.rawValue, name])
            return database.changesCount > 0
        }
    }

    func recordUses(_ uses: [TokenUse]) async throws(OutpostError) {
        try await database.write { database in
            let statement = try database.cachedStatement(
                sql: "UPDATE tokens SET last_used_at = ? WHERE id = ?")
            for use in uses { try statement.execute(arguments: [use.usedAt.milliseconds, use.id.rawValue]) }
        }
    }
}
