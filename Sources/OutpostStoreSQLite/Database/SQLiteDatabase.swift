// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import GRDB
import OutpostCore

/// A connection pool in write-ahead mode: one writer whose commits survive a power loss, and readers that never wait
/// for it. A call runs to its end even when the calling task is cancelled, so that clean-up can count on it.
struct SQLiteDatabase: Sendable {
    private let pool: DatabasePool
    private let commits: CommitGroup

    init(path: String) throws(OutpostError) {
        do {
            try createPrivateFile(at: path)
            pool = try DatabasePool(path: path, configuration: Self.configuration)
            try pool.writeWithoutTransaction(makeCommitsDurable)
            try pool.writeWithoutTransaction(makeCheckpointsRare)
            try migrate(pool)
            commits = CommitGroup(pool)
        } catch {
            throw OutpostError(error, openingDatabaseAt: path)
        }
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "outpost"
        configuration.busyMode = .timeout(5)
        configuration.maximumReaderCount = 4
        return configuration
    }

    /// Runs `body` on a snapshot of the database.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(OutpostError) -> Value {
        do {
            return try await withCheckedThrowingContinuation { continuation in
                pool.asyncRead { database in
                    continuation.resume(with: Result { try body(database.get()) })
                }
            }
        } catch {
            throw OutpostError(error, access: .read)
        }
    }

    /// Runs `body` in a transaction, which is on the disk when this returns and undone when this throws. It may run twice,
    /// and shares its transaction with writes that come at the same time.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(OutpostError) -> Value {
        do {
            return try await commits.write(body)
        } catch {
            throw OutpostError(error, access: .write)
        }
    }

    /// `write` for the time before there are tasks: blocks.
    func writeNow(_ body: (Database) throws -> Void) throws(OutpostError) {
        do {
            try pool.write(body)
        } catch {
            throw OutpostError(error, access: .write)
        }
    }

    func close() async throws(OutpostError) {
        do {
            // Closing waits for the calls under way, which must not hold up a thread of the task pool.
            try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async { [pool] in
                    continuation.resume(with: Result { try pool.close() })
                }
            }
        } catch {
            throw OutpostError(error, access: .write)
        }
    }
}

/// SQLite gives its journal files the mode of the database, so this must come before it opens them.
private func createPrivateFile(at path: String) throws {
    let files = FileManager.default
    if !files.fileExists(atPath: path) {
        try Data().write(to: URL(fileURLWithPath: path), options: .withoutOverwriting)
    }
    try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
}

/// Sets `synchronous` after the pool is open, because opening sets the writer to NORMAL, which in write-ahead mode can
/// lose the last commits at a power loss.
private func makeCommitsDurable(_ database: Database) throws {
    try database.execute(sql: "PRAGMA synchronous = FULL")
    let full = 2
    guard try Int.fetchOne(database, sql: "PRAGMA synchronous") == full else {
        throw OutpostError(.internal, "the database does not accept synchronous = FULL, without which it may lose data")
    }
}

/// The commit that fills the log so far copies it into the database, and whoever waits for that one waits for the disk many
/// times over. With 32 MiB that is one job of some hundreds and not one of fifty.
private func makeCheckpointsRare(_ database: Database) throws {
    try database.execute(sql: "PRAGMA wal_autocheckpoint = 8192")
}
