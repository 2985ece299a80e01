// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A token is known by an id of its own, since its name may be given again when it is gone. What was recorded for a name
/// goes to the token that has it, unless that one is younger: then another had the name.
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

/// How many claims each namespace has, and how large their answers are: counting would take the longer the more there
/// are. The namespace of older ones is the one in their path, and empty for calls that are about none, which no quota
/// bounds.
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
