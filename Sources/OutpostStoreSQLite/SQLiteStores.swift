// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
public import OutpostStore

/// All stores in one SQLite file.
public struct SQLiteStores: OutpostStores {
    public let sandboxes: any SandboxStore
    public let tokens: any TokenStore
    public let idempotency: any IdempotencyStore
    public let jobs: any JobStore
    private let database: SQLiteDatabase

    private init(database: SQLiteDatabase, leaseClock: @escaping @Sendable () -> Int64) {
        self.database = database
        sandboxes = SQLiteSandboxStore(database: database)
        tokens = SQLiteTokenStore(database: database)
        idempotency = SQLiteIdempotencyStore(database: database)
        jobs = SQLiteJobStore(database: database, leaseClock: leaseClock)
    }

    /// Opens the database at `path`, or creates it with mode 0600. Brings an older schema up to date, deletes the
    /// idempotency claims that have no answer, and ends all leases on jobs. Blocks while it works.
    ///
    /// - Parameter leaseClock: a clock in milliseconds that only goes forward. Its start is arbitrary.
    /// - Throws: `internal` when the file is damaged or was written by a newer version, and leaves it unchanged;
    ///   `insufficient_storage` when the disk is full; `unavailable` when another process holds the database.
    public static func open(
        path: String, leaseClock: @escaping @Sendable () -> Int64 = monotonicMilliseconds
    ) throws(OutpostError) -> SQLiteStores {
        let database = try SQLiteDatabase(path: path)
        try SQLiteIdempotencyStore.dropUnansweredClaims(in: database)
        try SQLiteJobStore.endLeases(in: database)
        return SQLiteStores(database: database, leaseClock: leaseClock)
    }

    public func close() async throws(OutpostError) {
        try await database.close()
    }
}

/// Milliseconds since the first use, on a clock that nobody can set.
public let monotonicMilliseconds: @Sendable () -> Int64 = {
    let start = ContinuousClock.now
    return { Int64((ContinuousClock.now - start) / .milliseconds(1)) }
}()
