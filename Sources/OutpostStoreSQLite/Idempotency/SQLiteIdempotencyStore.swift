// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import OutpostCore
import OutpostStore

/// Stores idempotency records in SQLite.
struct SQLiteIdempotencyStore: IdempotencyStore {
    let database: SQLiteDatabase

    /// Deletes all claims without an answer. Their holders were calls of an earlier process. Call it before this process
    /// serves the database.
    static func dropUnansweredClaims(in database: SQLiteDatabase) throws(OutpostError) {
        try database.writeNow { try $0.execute(sql: "DELETE FROM idempotency WHERE head IS NULL") }
    }

    func begin(
        _ key: IdempotencyKey, bodyHash: [UInt8], at now: Timestamp, within limits: IdempotencyLimits
    ) async throws(OutpostError) -> IdempotencyClaim {
        try await database.write { database in
            let claim = try earlierClaim(key, bodyHash: bodyHash, at: now, in: database)
            if claim == .new {
                try removeClaim(key, in: database)
                if let namespace = key.namespace {
                    let usage = try recordedUsage(of: namespace, in: database)
                    guard usage.records < limits.records ?? .max, usage.bytes < limits.bytes ?? .max else {
                        return .full(usage)
                    }
                }
                try insertClaim(key, bodyHash: bodyHash, at: now, in: database)
            }
            return claim
        }
    }

    func finish(_ key: IdempotencyKey, with answer: RecordedAnswer) async throws(OutpostError) {
        try await database.write { try Self.finish(key, with: answer, in: $0) }
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
        try await database.write { database in
            try database.execute(
                sql: "DELETE FROM idempotency WHERE begun_at < ?", arguments: [moment.milliseconds])
            return database.changesCount
        }
    }
}

private let matchesKey = "credential = ? AND method = ? AND path = ? AND key = ?"

extension IdempotencyKey {
    /// The values for `matchesKey`.
    fileprivate var databaseArguments: StatementArguments { [credential.rawValue, method, path, key] }
}

/// The state of an earlier claim of `key` that has not expired. `.new` when there is none.
private func earlierClaim(
    _ key: IdempotencyKey, bodyHash: [UInt8], at now: Timestamp, in database: Database
) throws -> IdempotencyClaim {
    let statement = try database.cachedStatement(
        sql: "SELECT body_hash, head, body FROM idempotency WHERE \(matchesKey) AND begun_at > ?")
    let oldest = now.advanced(bySeconds: -idempotencyLifetimeSeconds)
    let arguments = key.databaseArguments + [oldest.milliseconds]
    guard let row = try Row.fetchOne(statement, arguments: arguments) else { return .new }
    guard try row.decoded("body_hash", as: Data.self) == Data(bodyHash) else { return .mismatch }
    guard let head: String = try row.decodedIfPresent("head") else { return .inProgress }
    return .replay(
        RecordedAnswer(head: head, body: Array(try row.decoded("body", as: Data.self))))
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
