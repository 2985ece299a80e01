// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import GRDB

/// Keeps at most one job of a concurrency key claimable: the job with the highest priority, and among equals the oldest.
/// No job of the key is claimable while a worker holds another one.
enum JobConcurrency {
    /// Chooses the claimable job of `key` and blocks the others. Call it after a job of the key was added, ended or
    /// requeued.
    static func chooseClaimable(for key: String, in database: Database) throws {
        let held = try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT id FROM jobs WHERE lane = ? AND lease_until IS NOT NULL LIMIT 1"),
            arguments: [key])
        let first = held == nil ? try self.first(of: key, in: database) : nil
        try database.cachedStatement(sql: "UPDATE jobs SET phase = 1 WHERE lane = ? AND phase = 0 AND id IS NOT ?")
            .execute(arguments: [key, first])
        if let first {
            try database.cachedStatement(sql: "UPDATE jobs SET phase = 0 WHERE id = ? AND phase = 1")
                .execute(arguments: [first])
        }
    }

    /// The id of the queued job that runs first. One query for each phase lets SQLite use the partial index of that phase.
    private static func first(of key: String, in database: Database) throws -> Int64? {
        let candidates = try [0, 1].compactMap { phase in
            try Row.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT id, priority FROM jobs WHERE lane = ? AND phase = \(phase) ORDER BY priority DESC, id LIMIT 1
                        """), arguments: [key])
        }
        let ranks = try candidates.map {
            (priority: try $0.decoded("priority", as: Int.self), id: try $0.decoded("id", as: Int64.self))
        }
        return ranks.min { ($1.priority, $0.id) < ($0.priority, $1.id) }?.id
    }
}
