// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostStore

/// Migration 0003: the tables of jobs.
///
/// - `id` grows in the order of submission, so new rows are appended.
/// - Requests and results have tables of their own, so a change of a job's state writes only a few bytes.
/// - `phase` has the values of `JobPhase`. `lane` holds the concurrency key.
/// - A partial index holds only the rows that a query looks for. SQLite uses it only when the query repeats the condition
///   of the index in the same words (SQLite, "Partial Indexes", section 3).
/// - Triggers and `insert` keep `job_counts`. Counting jobs would take longer the more jobs there are.
let jobTables = """
    CREATE TABLE jobs (
        id INTEGER PRIMARY KEY,
        namespace TEXT NOT NULL,
        phase INTEGER NOT NULL,
        priority INTEGER NOT NULL,
        lane TEXT,
        fence INTEGER NOT NULL DEFAULT 0,
        lease_until INTEGER,
        is_cancelling INTEGER NOT NULL DEFAULT 0,
        attempt INTEGER NOT NULL DEFAULT 0,
        max_attempts INTEGER NOT NULL,
        sandbox TEXT NOT NULL,
        worker TEXT,
        created_at INTEGER NOT NULL,
        started_at INTEGER,
        completed_at INTEGER,
        expires_at INTEGER,
        error_code TEXT,
        error_message TEXT,
        callback_url TEXT,
        has_outside_result INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE INDEX jobs_waiting ON jobs (namespace, priority DESC, id) WHERE phase = 0;
    CREATE INDEX jobs_first_in_lane ON jobs (lane, priority DESC, id) WHERE phase = 0 AND lane IS NOT NULL;
    CREATE INDEX jobs_blocked ON jobs (lane, priority DESC, id) WHERE phase = 1;
    CREATE INDEX jobs_held_in_lane ON jobs (lane) WHERE lane IS NOT NULL AND lease_until IS NOT NULL;
    CREATE INDEX jobs_leased ON jobs (lease_until) WHERE lease_until IS NOT NULL;
    CREATE INDEX jobs_expiring ON jobs (expires_at) WHERE expires_at IS NOT NULL;
    CREATE INDEX jobs_listed ON jobs (namespace, id);

    CREATE TABLE job_requests (job INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
    CREATE TABLE job_results (job INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;

    CREATE TABLE job_counts (
        namespace TEXT NOT NULL,
        phase INTEGER NOT NULL,
        count INTEGER NOT NULL,
        PRIMARY KEY (namespace, phase)
    ) STRICT, WITHOUT ROWID;
    CREATE TRIGGER job_moved AFTER UPDATE OF phase ON jobs WHEN old.phase <> new.phase BEGIN
        UPDATE job_counts SET count = count - 1 WHERE namespace = old.namespace AND phase = old.phase;
        INSERT INTO job_counts VALUES (new.namespace, new.phase, 1)
            ON CONFLICT DO UPDATE SET count = count + 1;
    END;
    CREATE TRIGGER job_uncounted AFTER DELETE ON jobs BEGIN
        UPDATE job_counts SET count = count - 1 WHERE namespace = old.namespace AND phase = old.phase;
    END;

    CREATE TABLE job_callbacks (
        job INTEGER PRIMARY KEY,
        namespace TEXT NOT NULL,
        url TEXT NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0,
        is_held INTEGER NOT NULL DEFAULT 0,
        since INTEGER NOT NULL,
        due_at INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX job_callbacks_due ON job_callbacks (due_at);
    CREATE TABLE callback_secrets (namespace TEXT PRIMARY KEY, secret TEXT NOT NULL) STRICT, WITHOUT ROWID;
    """

/// Migration 0005: keeps the bytes of each job, and their sum for each namespace. Adding them up would take longer the
/// more jobs there are. `recordResultSizes` adds the bytes of result files that an earlier version wrote.
let jobUsage = """
    ALTER TABLE jobs ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
    UPDATE jobs SET bytes = \(JobStorage.rowBytes) + iif(phase <= 3, \(JobStorage.reservedResultBytes), 0)
        + coalesce((SELECT length(body) FROM job_requests WHERE job = id), 0)
        + coalesce((SELECT length(body) FROM job_results WHERE job = id), 0);

    CREATE TABLE job_usage (namespace TEXT NOT NULL PRIMARY KEY, bytes INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO job_usage SELECT namespace, sum(bytes) FROM jobs GROUP BY namespace;

    CREATE TRIGGER job_resized AFTER UPDATE OF bytes ON jobs WHEN old.bytes <> new.bytes BEGIN
        UPDATE job_usage SET bytes = bytes + new.bytes - old.bytes WHERE namespace = new.namespace;
    END;
    CREATE TRIGGER job_unsized AFTER DELETE ON jobs BEGIN
        UPDATE job_usage SET bytes = bytes - old.bytes WHERE namespace = old.namespace;
    END;
    """
