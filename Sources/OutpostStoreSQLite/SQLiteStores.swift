// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
public import OutpostStore

/// The stores in one SQLite file.
public struct SQLiteStores: OutpostStores {
    public let sandboxes: any SandboxStore
    public let tokens: any TokenStore
    public let idempotency: any IdempotencyStore
    private let database: SQLiteDatabase

    private init(database: SQLiteDatabase) {
        self.database = database
        sandboxes = SQLiteSandboxStore(database: database)
        tokens = SQLiteTokenStore(database: database)
        idempotency = SQLiteIdempotencyStore(database: database)
    }

    /// Opens the database at `path`, and creates it when there is none, readable by its owner alone. Brings an older
    /// schema up to date and drops the idempotency claims that a process before this one left without an answer. Blocks
    /// while it works.
    ///
    /// - Throws: `internal` when the file is not a sound database, or was written by a newer version, and then it is
    ///   as it was; `insufficient_storage` when the disk is full; `unavailable` when another process holds it.
    public static func open(path: String) throws(OutpostError) -> SQLiteStores {
        let database = try SQLiteDatabase(path: path)
        try SQLiteIdempotencyStore.dropUnansweredClaims(in: database)
        return SQLiteStores(database: database)
    }

    public func close() async throws(OutpostError) {
        try await database.close()
    }
}
