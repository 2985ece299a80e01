// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import GRDB

/// Sees to it that of each lane at most one job can be claimed: the one with the highest priority, of several the oldest, and
/// none while one is held.
enum JobLanes {
    /// Looks at a lane again, after a job of it has come, gone or moved.
    static func settle(_ lane: String, in database: Database) throws {
        let held = try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT id FROM jobs WHERE lane = ? AND phase IN (2, 3) LIMIT 1"),
            arguments: [lane])
        let first =
            held == nil
            ? try Int64.fetchOne(
                database.cachedStatement(
                    sql: """
                        SELECT id FROM jobs WHERE lane = ? AND phase IN (0, 1)
                        ORDER BY priority DESC, id LIMIT 1
                        """), arguments: [lane])
            : nil
        try database.cachedStatement(sql: "UPDATE jobs SET phase = 1 WHERE lane = ? AND phase = 0 AND id IS NOT ?")
            .execute(arguments: [lane, first])
        if let first {
            try database.cachedStatement(sql: "UPDATE jobs SET phase = 0 WHERE id = ? AND phase = 1")
                .execute(arguments: [first])
        }
    }
}
