// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import GRDB
import OutpostCore

/// A connection pool in write-ahead mode: one writer, and readers that never wait for it. Commits survive a power loss.
/// A call runs to its end even when the calling task is cancelled, so clean-up code can use it.
struct SQLiteDatabase: Sendable {
    private let pool: DatabasePool
    private let commits: CommitGroup

    /// Opens or creates the database at `path` and brings its schema up to date. Blocks while it works.
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

    /// Runs `body` in a transaction that it shares with writes of the same time. `body` may run twice. The transaction is
    /// on the disk when this returns, and undone when this throws.
    func write<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(OutpostError) -> Value {
        do {
            return try await commits.write(body)
        } catch {
            throw OutpostError(error, access: .write)
        }
    }

    /// `write` for start-up code. Blocks while it works.
    func writeNow(_ body: (Database) throws -> Void) throws(OutpostError) {
        do {
            try pool.write(body)
        } catch {
            throw OutpostError(error, access: .write)
        }
    }

    func close() async throws(OutpostError) {
        do {
            // Closing waits for the running calls, and must not block a thread of the task pool.
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

/// Creates the file with mode 0600. It runs before SQLite opens the file, because SQLite gives its journal files the mode
/// of the database.
private func createPrivateFile(at path: String) throws {
    let files = FileManager.default
    if !files.fileExists(atPath: path) {
        try Data().write(to: URL(fileURLWithPath: path), options: .withoutOverwriting)
    }
    try files.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
}

/// Sets `synchronous` to FULL. Opening the pool sets NORMAL, which in write-ahead mode can lose the last commits at a
/// power loss. So this runs after the pool is open.
private func makeCommitsDurable(_ database: Database) throws {
    try database.execute(sql: "PRAGMA synchronous = FULL")
    let full = 2
    guard try Int.fetchOne(database, sql: "PRAGMA synchronous") == full else {
        throw OutpostError(.internal, "the database does not accept synchronous = FULL, without which it may lose data")
    }
}

/// Sets the checkpoint to 32 MiB of log (8192 pages). The commit that reaches it copies the log into the database and is
/// much slower. With 32 MiB this hits one job in some hundreds; with SQLite's default it hits one in fifty.
private func makeCheckpointsRare(_ database: Database) throws {
    try database.execute(sql: "PRAGMA wal_autocheckpoint = 8192")
}
