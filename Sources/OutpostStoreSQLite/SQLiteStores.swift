// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
public import OutpostStore

/// The stores in one SQLite file.
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

    /// Opens the database at `path`, and creates it when there is none, readable by its owner alone. Brings an older
    /// schema up to date, drops the idempotency claims that a process before this one left without an answer, and ends its
    /// leases on jobs. Blocks while it works.
    ///
    /// - Parameter leaseClock: milliseconds that only go forward, from any start.
    /// - Throws: `internal` when the file is not a sound database, or was written by a newer version, and then it is
    ///   as it was; `insufficient_storage` when the disk is full; `unavailable` when another process holds it.
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

/// Milliseconds since some moment, on a clock that nobody can set.
public let monotonicMilliseconds: @Sendable () -> Int64 = {
    let start = ContinuousClock.now
    return { Int64((ContinuousClock.now - start) / .milliseconds(1)) }
}()
