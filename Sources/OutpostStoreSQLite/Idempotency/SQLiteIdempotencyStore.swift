// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import OutpostCore
import OutpostStore

/// Stores idempotency records in SQLite, and large answers outside of it. The database has one writer, and all calls would
/// wait while it writes a large answer.
struct SQLiteIdempotencyStore: IdempotencyStore {
    let database: SQLiteDatabase
    /// Nil stores large answers in the database too.
    var bodies: (any AnswerBodyStore)?

    /// The least bytes of a large answer.
    private static let largeBytes = 64 << 10

    /// Deletes all claims without an answer. Their holders were calls of an earlier process. Call it before this process
    /// serves the database.
    static func dropUnansweredClaims(in database: SQLiteDatabase) throws(OutpostError) {
        try database.writeNow { try $0.execute(sql: "DELETE FROM idempotency WHERE head IS NULL") }
    }

    func begin(
        _ key: IdempotencyKey, bodyHash: [UInt8], at now: Timestamp, within limits: IdempotencyLimits
    ) async throws(OutpostError) -> IdempotencyClaim {
        let (claim, file) = try await database.write { database in
            let (claim, file) = try earlierClaim(key, bodyHash: bodyHash, at: now, in: database)
            if claim == .new {
                try removeClaim(key, in: database)
                if let namespace = key.namespace {
                    let usage = try recordedUsage(of: namespace, in: database)
                    guard usage.records < limits.records ?? .max, usage.bytes < limits.bytes ?? .max else {
                        return (IdempotencyClaim.full(usage), nil as String?)
                    }
                }
                try insertClaim(key, bodyHash: bodyHash, at: now, in: database)
            }
            return (claim, file)
        }
        guard let file, case .replay(let answer) = claim else { return claim }
        guard let body = try await bodies?.body(file) else {
            throw OutpostError(.internal, "the server has lost the stored answer to this call")
        }
        return .replay(RecordedAnswer(head: answer.head, body: body))
    }

    func finish(_ key: IdempotencyKey, with answer: RecordedAnswer) async throws(OutpostError) {
        guard let bodies, answer.body.count >= Self.largeBytes else {
            return try await database.write { try Self.finish(key, with: answer, in: $0) }
        }
        let file = UUID().uuidString.lowercased()
        try await bodies.keep(answer.body, as: file)
        do throws(OutpostError) {
            let head = answer.head
            let size = answer.body.count
            let isRecorded = try await database.write { database in
                try database.cachedStatement(
                    sql: """
                        UPDATE idempotency SET head = ?, body = x'', file = ?, file_bytes = ?
                        WHERE \(matchesKey) AND head IS NULL
                        """
                ).execute(arguments: [head, file, size] + key.databaseArguments)
                return database.changesCount > 0
            }
            if !isRecorded { try await bodies.remove([file]) }
        } catch {
            try await bodies.remove([file])
            throw error
        }
    }

    /// `finish` as a part of another write.
    static func finish(_ key: IdempotencyKey, with answer: RecordedAnswer, in database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "UPDATE idempotency SET head = ?, body = ? WHERE \(matchesKey) AND head IS NULL")
        try statement.execute(
            arguments: [answer.head, Data(answer.body)] + key.databaseArguments)
    }

    func abandon(_ key: IdempotencyKey) async throws(OutpostError) {
        try await database.write { database in
            try database.cachedStatement(sql: "DELETE FROM idempotency WHERE \(matchesKey) AND head IS NULL")
                .execute(arguments: key.databaseArguments)
        }
    }

    func usage(of namespace: NamespaceName) async throws(OutpostError) -> IdempotencyUsage {
        try await database.read { try recordedUsage(of: namespace, in: $0) }
    }

    func sweep(before moment: Timestamp) async throws(OutpostError) -> Int {
        let (count, files) = try await database.write { database in
            try database.execute(
                sql: "DELETE FROM idempotency WHERE begun_at < ?", arguments: [moment.milliseconds])
            let count = database.changesCount
            return (count, try String.fetchAll(database, sql: "SELECT file FROM unused_answers LIMIT 500"))
        }
        guard let bodies, !files.isEmpty else { return count }
        try await bodies.remove(files)
        try await database.write { database in
            for file in files {
                try database.execute(sql: "DELETE FROM unused_answers WHERE file = ?", arguments: [file])
            }
        }
        return count
    }

    /// Removes the bodies that no record refers to. Call it before this process serves the database.
    ///
    /// - Throws: the errors of the database and of the store of bodies.
    func removeOrphans() async throws(OutpostError) {
        guard let bodies else { return }
        let known = Set(
            try await database.read {
                try String.fetchAll($0, sql: "SELECT file FROM idempotency WHERE file IS NOT NULL")
            })
        try await bodies.remove(try await bodies.names().filter { !known.contains($0) })
    }
}

private let matchesKey = "credential = ? AND method = ? AND path = ? AND key = ?"

extension IdempotencyKey {
    /// The values for `matchesKey`.
    fileprivate var databaseArguments: StatementArguments { [credential.rawValue, method, path, key] }
}

/// The state of an earlier claim of `key` that has not expired, and the name of its body when it is large. `.new` when there
/// is none.
private func earlierClaim(
    _ key: IdempotencyKey, bodyHash: [UInt8], at now: Timestamp, in database: Database
) throws -> (IdempotencyClaim, file: String?) {
    let statement = try database.cachedStatement(
        sql: "SELECT body_hash, head, body, file FROM idempotency WHERE \(matchesKey) AND begun_at > ?")
    let oldest = now.advanced(bySeconds: -idempotencyLifetimeSeconds)
    let arguments = key.databaseArguments + [oldest.milliseconds]
    guard let row = try Row.fetchOne(statement, arguments: arguments) else { return (.new, nil) }
    guard try row.decoded("body_hash", as: Data.self) == Data(bodyHash) else { return (.mismatch, nil) }
    guard let head: String = try row.decodedIfPresent("head") else { return (.inProgress, nil) }
    let answer = RecordedAnswer(head: head, body: Array(try row.decoded("body", as: Data.self)))
    return (.replay(answer), try row.decodedIfPresent("file"))
}

/// Deletes an expired claim of `key`. INSERT OR REPLACE would not do: it deletes without firing the triggers that count
/// (SQLite, "ON CONFLICT clause").
private func removeClaim(_ key: IdempotencyKey, in database: Database) throws {
    try database.cachedStatement(sql: "DELETE FROM idempotency WHERE \(matchesKey)")
        .execute(arguments: key.databaseArguments)
}

private func insertClaim(
    _ key: IdempotencyKey, bodyHash: [UInt8], at now: Timestamp, in database: Database
) throws {
    let statement = try database.cachedStatement(
        sql: """
            INSERT INTO idempotency (credential, method, path, key, body_hash, begun_at, namespace)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """)
    try statement.execute(
        arguments: key.databaseArguments + [Data(bodyHash), now.milliseconds, key.namespace?.rawValue ?? ""])
}

private func recordedUsage(of namespace: NamespaceName, in database: Database) throws -> IdempotencyUsage {
    let statement = try database.cachedStatement(
        sql: "SELECT records, bytes FROM idempotency_usage WHERE namespace = ?")
    guard let row = try Row.fetchOne(statement, arguments: [namespace.rawValue]) else { return IdempotencyUsage() }
    return IdempotencyUsage(records: try row.decoded("records"), bytes: try row.decoded("bytes"))
}
