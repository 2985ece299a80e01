// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import GRDB
import OutpostCore

/// Brings the schema up to date.
///
/// - Throws: `internal` when a newer version of outpost wrote the database. The database is then unchanged.
func migrate(_ pool: DatabasePool) throws {
    let migrator = numberedMigrations()
    guard try !pool.read(migrator.hasBeenSuperseded) else {
        throw OutpostError(.internal, "a newer version of outpost wrote it; upgrade, or restore a backup from before")
    }
    try migrator.migrate(pool)
}

/// All migrations, in order, from an empty file on. A released migration is never edited; a change is a new migration.
func numberedMigrations() -> DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("0001") { database in
        try database.execute(sql: sandboxTables)
        try database.execute(sql: tokenTables)
        try database.execute(sql: idempotencyTables)
    }
    migrator.registerMigration("0002") { try $0.execute(sql: unusedIndices) }
    migrator.registerMigration("0003") { try $0.execute(sql: jobTables) }
    migrator.registerMigration("0004") { try $0.execute(sql: tokenIdentities + idempotencyUsage) }
    migrator.registerMigration("0005-job-usage") { try $0.execute(sql: jobUsage) }
    migrator.registerMigration("0006-answer-head") { try $0.execute(sql: answerHead) }
    // It only raises the version: from here on jobs and results are documents that an earlier version cannot read. Older
    // records are not rewritten. Some are in files, which a transaction does not cover, and all go when their jobs expire.
    migrator.registerMigration("0007-job-documents") { _ in }
    migrator.registerMigration("0008-answer-files") { try $0.execute(sql: answerFiles) }
    migrator.registerMigration("0009-snapshots") { try $0.execute(sql: snapshotTables) }
    migrator.registerMigration("0010-processes") { try $0.execute(sql: processTables) }
    return migrator
}
