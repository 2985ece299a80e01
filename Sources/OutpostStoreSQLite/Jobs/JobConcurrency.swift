// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import GRDB

/// Sees to it that of each concurrency key (the column `lane`) at most one job can be claimed: the one with the highest priority, of several the oldest, and
/// none while one is held.
enum JobConcurrency {
    /// Looks at a concurrency key again, after a job of it has come, gone or moved.
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
    /// Of those that wait, whose turn it is.
    private static func first(of key: String, in database: Database) throws -> Int64? {
        let candidates = try [0, 1].compactMap { phase in
            try Row.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT id, priority FROM jobs WHERE lane = ? AND phase = \(phase) ORDER BY priority DESC, id LIMIT 1
                        """), arguments: [key])
        }
        let places = try candidates.map {
            (priority: try $0.decoded("priority", as: Int.self), id: try $0.decoded("id", as: Int64.self))
        }
        return places.min { ($1.priority, $0.id) < ($0.priority, $1.id) }?.id
    }
}
