// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Migration 0001: the table of idempotency records. A claim without an answer has a null `status`; see `answerHead`.
let idempotencyTables = """
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

/// Migration 0004: keeps the number of records of each namespace, and the bytes of their answers. Counting them would take
/// longer the more records there are.
///
/// The namespace of an older record is the one in its path. It is empty for calls without a namespace, which no quota
/// limits.
let idempotencyUsage = """
    ALTER TABLE idempotency ADD COLUMN namespace TEXT NOT NULL DEFAULT '';
    UPDATE idempotency SET namespace = substr(path, 15, instr(substr(path, 15), '/') - 1)
        WHERE path LIKE '/auth/v1/seed/%/%';

    CREATE TABLE idempotency_usage (
        namespace TEXT NOT NULL PRIMARY KEY,
        records INTEGER NOT NULL,
        bytes INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    INSERT INTO idempotency_usage
        SELECT namespace, count(*), coalesce(sum(length(body)), 0) FROM idempotency GROUP BY namespace;

    CREATE TRIGGER idempotency_begun AFTER INSERT ON idempotency BEGIN
        INSERT INTO idempotency_usage VALUES (new.namespace, 1, coalesce(length(new.body), 0))
            ON CONFLICT DO UPDATE SET records = records + 1, bytes = bytes + excluded.bytes;
    END;
    CREATE TRIGGER idempotency_answered AFTER UPDATE OF body ON idempotency BEGIN
        UPDATE idempotency_usage SET bytes = bytes + coalesce(length(new.body), 0) - coalesce(length(old.body), 0)
            WHERE namespace = new.namespace;
    END;
    CREATE TRIGGER idempotency_forgotten AFTER DELETE ON idempotency BEGIN
        UPDATE idempotency_usage SET records = records - 1, bytes = bytes - coalesce(length(old.body), 0)
            WHERE namespace = old.namespace;
    END;
    """

/// Migration 0006: replaces `status` and `content_type` by `head`, one text that only the server reads. A claim without an
/// answer has a null `head`.
let answerHead = """
    ALTER TABLE idempotency ADD COLUMN head TEXT;
    UPDATE idempotency SET head = CASE content_type WHEN '' THEN '' || status ELSE status || ' ' || content_type END
        WHERE status IS NOT NULL;
    ALTER TABLE idempotency DROP COLUMN status;
    ALTER TABLE idempotency DROP COLUMN content_type;
    """

/// Migration 0008: the body of a large answer is in an `AnswerBodyStore`, under the name `file`. Its bytes count as before.
/// `unused_answers` has the names of the bodies that can be removed, because their records are gone.
let answerFiles = """
    ALTER TABLE idempotency ADD COLUMN file TEXT;
    ALTER TABLE idempotency ADD COLUMN file_bytes INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX idempotency_file ON idempotency (file) WHERE file IS NOT NULL;
    CREATE TABLE unused_answers (file TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;

    DROP TRIGGER idempotency_answered;
    CREATE TRIGGER idempotency_answered AFTER UPDATE OF body, file_bytes ON idempotency BEGIN
        UPDATE idempotency_usage SET bytes = bytes + coalesce(length(new.body), 0) + new.file_bytes
                - coalesce(length(old.body), 0) - old.file_bytes
            WHERE namespace = new.namespace;
    END;
    DROP TRIGGER idempotency_forgotten;
    CREATE TRIGGER idempotency_forgotten AFTER DELETE ON idempotency BEGIN
        UPDATE idempotency_usage SET records = records - 1,
                bytes = bytes - coalesce(length(old.body), 0) - old.file_bytes
            WHERE namespace = old.namespace;
    END;
    CREATE TRIGGER idempotency_file_unused AFTER DELETE ON idempotency WHEN old.file IS NOT NULL BEGIN
        INSERT INTO unused_answers VALUES (old.file) ON CONFLICT DO NOTHING;
    END;
    """
