// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Migration 0001: the tables of sandboxes.
///
/// Values that change often have columns. The rest is JSON in `document`.
let sandboxTables = """
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

/// Migration 0002: drops the indices of `sandboxTables`. The server lists sandboxes from memory, so no query uses them.
let unusedIndices = """
    DROP INDEX sandboxes_created;
    DROP INDEX sandboxes_used;
    DROP INDEX sandboxes_named;
    DROP INDEX sandboxes_expiring;
    """

/// Migration 0009: the tables of snapshots, and of disks that are being sealed.
///
/// `layers` are ids of sealed disks, joined by spaces, the lowest first.
let snapshotTables = """
    CREATE TABLE snapshots (
        id TEXT NOT NULL PRIMARY KEY,
        namespace TEXT NOT NULL,
        sandbox TEXT NOT NULL,
        name TEXT,
        layers TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        created_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE disk_sealings (
        number INTEGER PRIMARY KEY,
        disk TEXT NOT NULL UNIQUE,
        sandbox TEXT NOT NULL
    ) STRICT;
    CREATE INDEX disk_sealings_by_sandbox ON disk_sealings (sandbox);
    """
