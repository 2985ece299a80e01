// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import GRDB
import OutpostCore
import OutpostStore

/// Stores jobs in SQLite.
///
/// The extensions follow the life of a job: submission, leases, ending, callbacks, retention. The column `lane` holds the
/// concurrency key, and the column `fence` the number of the last lease.
struct SQLiteJobStore: JobStore {
    let database: SQLiteDatabase
    /// A clock in milliseconds that only goes forward. Its start is arbitrary.
    let leaseClock: @Sendable () -> Int64

    /// Ends all leases and releases all claimed callbacks. Call it before this process serves the database.
    static func endLeases(in database: SQLiteDatabase) throws(OutpostError) {
        try database.writeNow {
            try $0.execute(sql: "UPDATE jobs SET lease_until = \(Int64.min) WHERE lease_until IS NOT NULL")
            try $0.execute(sql: "UPDATE job_callbacks SET is_held = 0, due_at = since WHERE is_held")
        }
    }
}
