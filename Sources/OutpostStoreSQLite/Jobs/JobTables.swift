// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The jobs, as they were first laid out.
///
/// `id` grows with the order of submission, so rows are only appended. Bodies stand apart, so that a change of state writes
/// no more than a few bytes. `phase` has the values of `JobPhase`; the indices hold only the rows that somebody looks for, and a
/// query uses one only when it has the same condition in the same words (SQLite, "Partial Indexes", section 3).
/// `job_counts` is kept by triggers, and by who inserts: counting would take the longer the more jobs there are.
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
