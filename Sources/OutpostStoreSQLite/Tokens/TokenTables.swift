// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Migration 0001: the table of tokens.
let tokenTables = """
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

/// Migration 0004: gives each token an id. A name can be used again after its token was deleted, an id cannot.
///
/// Idempotency records named a token by kind and name. They move to the id of the token with that name. Records that are
/// older than this token belonged to another one and are deleted.
let tokenIdentities = """
    ALTER TABLE tokens ADD COLUMN id TEXT NOT NULL DEFAULT '';
    UPDATE tokens SET id = 'tok_' || lower(hex(randomblob(6)));
    CREATE UNIQUE INDEX tokens_by_id ON tokens (id);

    DELETE FROM idempotency WHERE NOT EXISTS (
        SELECT 1 FROM tokens
        WHERE tokens.kind || ':' || tokens.name = idempotency.credential AND tokens.created_at <= idempotency.begun_at);
    UPDATE idempotency SET credential = (
        SELECT tokens.id FROM tokens WHERE tokens.kind || ':' || tokens.name = idempotency.credential);
    """
