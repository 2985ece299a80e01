// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import GRDB
import OutpostCore
import OutpostStore
import Testing

@testable import OutpostStoreSQLite

/// What an earlier version wrote is there in the schema of this one.
struct MigrationTests {
    /// A database as the version before token identities left it.
    private func write(_ path: String) async throws {
        let pool = try DatabasePool(path: path)
        try numberedMigrations().migrate(pool, upTo: "0003")
        try await pool.write { database in
            try database.execute(
                sql: """
                    INSERT INTO tokens VALUES
                        ('pat', 'ci', 'team-a', 'admin', 'team', randomblob(32), 1000, NULL, 5),
                        ('api_key', 'ci', NULL, '', 'free', randomblob(32), 5000, NULL, NULL);
                    INSERT INTO idempotency VALUES
                        ('pat:ci', 'POST', '/auth/v1/seed/team-a/sandbox', 'k', x'aa', 2000, 201, 'text/plain', x'0102'),
                        ('pat:ci', 'POST', '/auth/v1/pat', 'k', x'aa', 2000, 201, 'text/plain', x'01'),
                        ('api_key:ci', 'POST', '/auth/v1/seed/team-a/sandbox', 'k', x'aa', 2000, 201, 'text/plain', x'03'),
                        ('pat:gone', 'POST', '/auth/v1/seed/team-a/sandbox', 'k', x'aa', 2000, 201, 'text/plain', x'04');
                    """)
        }
        try pool.close()
    }

    /// A database with jobs as the version left it that did not count what they take.
    private func writeJobs(_ path: String) async throws {
        let pool = try DatabasePool(path: path)
        try numberedMigrations().migrate(pool, upTo: "0004")
        try await pool.write { database in
            try database.execute(
                sql: """
                    INSERT INTO jobs (id, namespace, phase, priority, max_attempts, sandbox, created_at, has_outside_result)
                        VALUES (1, 'team-a', 0, 0, 1, 'sbx', 0, 0), (2, 'team-a', 4, 0, 1, 'sbx', 0, 0),
                            (3, 'team-a', 4, 0, 1, 'sbx', 0, 1), (4, 'default', 6, 0, 1, 'sbx', 0, 0);
                    INSERT INTO job_requests VALUES (1, x'010203');
                    INSERT INTO job_results VALUES (2, x'0102030405');
                    """)
        }
        try pool.close()
    }

    @Test func whatJobsTakeIsCountedFromThenOn() async throws {
        try await withDatabasePath { path in
            try await writeJobs(path)
            let stores = try SQLiteStores.open(path: path)
            let team = try #require(NamespaceName("team-a"))
            let known = JobStorage.waiting(request: 3) + JobStorage.ended(result: 5)
            #expect(try await stores.jobs.storedBytes(of: team) == known + JobStorage.ended(result: 0))
            let result = JobResultID(job: JobID(number: 3), lease: nil)
            #expect(try await stores.jobs.recordResultSizes([result: 4096]) == [result])
            #expect(try await stores.jobs.storedBytes(of: team) == known + JobStorage.ended(result: 4096))
            #expect(try await stores.jobs.storedBytes(of: .default) == JobStorage.ended(result: 0))
            try await stores.close()
        }
    }

    @Test func tokensGetIdentitiesAndKeepTheAnswersThatWereTheirs() async throws {
        try await withDatabasePath { path in
            try await write(path)
            let stores = try SQLiteStores.open(path: path)
            let old = try #require(try await stores.tokens.token(.personalAccessToken, named: "ci"))
            let young = try #require(try await stores.tokens.token(.apiKey, named: "ci"))
            #expect(old.id != young.id)
            #expect(old.lastUsedAt == Timestamp(milliseconds: 5))
            let team = try #require(NamespaceName("team-a"))
            func claim(_ token: TokenRecord, _ path: String) async throws -> IdempotencyClaim {
                try await stores.idempotency.begin(
                    IdempotencyKey(credential: token.id, namespace: team, method: "POST", path: path, key: "k"),
                    bodyHash: [0xaa], at: Timestamp(milliseconds: 6000))
            }
            #expect(try await stores.idempotency.usage(of: team) == IdempotencyUsage(records: 1, bytes: 2))
            let answer = RecordedAnswer(head: "201 text/plain", body: [1, 2])
            #expect(try await claim(old, "/auth/v1/seed/team-a/sandbox") == .replay(answer))
            // It was recorded before this token was made, so for another of that name.
            #expect(try await claim(young, "/auth/v1/seed/team-a/sandbox") == .new)
            try await stores.close()
            let again = try SQLiteStores.open(path: path)
            #expect(try await again.tokens.token(.apiKey, named: "ci") == young)
            try await again.close()
        }
    }
}
