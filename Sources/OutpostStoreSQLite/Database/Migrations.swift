// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import GRDB
import OutpostCore

/// Brings the schema up to date.
///
/// - Throws: `internal`, and changes nothing, when a newer version wrote the database.
func migrate(_ pool: DatabasePool) throws {
    let migrator = numberedMigrations()
    guard try !pool.read(migrator.hasBeenSuperseded) else {
        throw OutpostError(.internal, "a newer version of outpost wrote it; upgrade, or restore a backup from before")
    }
    try migrator.migrate(pool)
}

/// Every step from an empty file on, in order. A step that was released is never edited: a change is a new step.
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
    // From here on jobs and results are documents that an earlier version cannot read. Those it wrote stay as they are: a part
    // of them is in files, which no transaction holds, and all go away when their jobs are forgotten.
    migrator.registerMigration("0007-job-documents") { _ in }
    return migrator
}

/// What queries filter and sort by, and what changes often, has columns; the rest is in `document`, as JSON. The
/// indices end in the column that decides between equals, so that a page is read in order without a sort.
private let sandboxTables = """
    CREATE TABLE sandboxes (
        id TEXT NOT NULL PRIMARY KEY,
        namespace TEXT NOT NULL,
        name TEXT,
        language TEXT NOT NULL,
        mode TEXT NOT NULL,
        status TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        last_used_at INTEGER NOT NULL,
        expires_at INTEGER,
        document TEXT NOT NULL
    ) STRICT;
    CREATE INDEX sandboxes_created ON sandboxes (namespace, created_at, id);
    CREATE INDEX sandboxes_used ON sandboxes (namespace, last_used_at, id);
    CREATE INDEX sandboxes_named ON sandboxes (namespace, name, id);
    CREATE INDEX sandboxes_expiring ON sandboxes (expires_at) WHERE expires_at IS NOT NULL;

    CREATE TABLE sandbox_quarantine (
        id TEXT NOT NULL,
        reason TEXT NOT NULL,
        quarantined_at INTEGER NOT NULL,
        content TEXT NOT NULL
    ) STRICT;
    """

/// Lists are made of what is in memory, so no query has read these since.
private let unusedIndices = """
    DROP INDEX sandboxes_created;
    DROP INDEX sandboxes_used;
    DROP INDEX sandboxes_named;
    DROP INDEX sandboxes_expiring;
    """

private let tokenTables = """
    CREATE TABLE tokens (
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        namespace TEXT,
        scopes TEXT NOT NULL,
        plan TEXT NOT NULL,
        secret_hash BLOB NOT NULL UNIQUE CHECK (length(secret_hash) = 32),
        created_at INTEGER NOT NULL,
        expires_at INTEGER,
        last_used_at INTEGER,
        PRIMARY KEY (kind, name)
    ) STRICT;
    """

/// A claim without an answer has a null `status`. See `answerHead`.
private let idempotencyTables = """
    CREATE TABLE idempotency (
        credential TEXT NOT NULL,
        method TEXT NOT NULL,
        path TEXT NOT NULL,
        key TEXT NOT NULL,
        body_hash BLOB NOT NULL,
        begun_at INTEGER NOT NULL,
        status INTEGER,
        content_type TEXT,
        body BLOB,
        PRIMARY KEY (credential, method, path, key)
    ) STRICT;
    CREATE INDEX idempotency_begun ON idempotency (begun_at);
    """

/// What the server says about a recorded answer is one text of its own. A claim without an answer has none.
private let answerHead = """
    ALTER TABLE idempotency ADD COLUMN head TEXT;
    UPDATE idempotency SET head = CASE content_type WHEN '' THEN '' || status ELSE status || ' ' || content_type END
        WHERE status IS NOT NULL;
    ALTER TABLE idempotency DROP COLUMN status;
    ALTER TABLE idempotency DROP COLUMN content_type;
    """
