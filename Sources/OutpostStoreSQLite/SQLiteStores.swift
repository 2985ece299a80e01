// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
public import OutpostStore

/// All stores in one SQLite file.
public struct SQLiteStores: OutpostStores {
    public let sandboxes: any SandboxStore
    public let processes: any ProcessStore
    public let tokens: any TokenStore
    public var idempotency: any IdempotencyStore { answers }
    public let jobs: any JobStore
    private let database: SQLiteDatabase
    private let answers: SQLiteIdempotencyStore

    private init(
        database: SQLiteDatabase, answers: (any AnswerBodyStore)?, leaseClock: @escaping @Sendable () -> Int64
    ) {
        self.database = database
        sandboxes = SQLiteSandboxStore(database: database)
        processes = SQLiteProcessStore(database: database)
        tokens = SQLiteTokenStore(database: database)
        self.answers = SQLiteIdempotencyStore(database: database, bodies: answers)
        jobs = SQLiteJobStore(database: database, leaseClock: leaseClock)
    }

    /// Opens the database at `path`, or creates it with mode 0600. Brings an older schema up to date, deletes the
    /// idempotency claims that have no answer, and ends all leases on jobs. Blocks while it works.
    ///
    /// - Parameters:
    ///   - answers: the store of large answers; nil stores them in the database.
    ///   - leaseClock: a clock in milliseconds that only goes forward. Its start is arbitrary.
    /// - Throws: `internal` when the file is damaged or was written by a newer version, and leaves it unchanged;
    ///   `insufficient_storage` when the disk is full; `unavailable` when another process holds the database.
    public static func open(
        path: String, answers: (any AnswerBodyStore)? = nil,
        leaseClock: @escaping @Sendable () -> Int64 = monotonicMilliseconds
    ) throws(OutpostError) -> SQLiteStores {
        let database = try SQLiteDatabase(path: path)
        try SQLiteIdempotencyStore.dropUnansweredClaims(in: database)
        try SQLiteJobStore.endLeases(in: database)
        return SQLiteStores(database: database, answers: answers, leaseClock: leaseClock)
    }

    /// Removes large answers that an earlier server left without a record. Call it before this process serves the
    /// database.
    ///
    /// - Throws: the errors of the database and of the store of answers.
    public func removeOrphans() async throws(OutpostError) {
        try await answers.removeOrphans()
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
