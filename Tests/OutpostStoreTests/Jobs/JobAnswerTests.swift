// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import OutpostStoreSQLite
import Testing

/// A submission and the answer to it are one: after a crash there are both, or neither.
struct JobAnswerTests {
    private let key = IdempotencyKey(credential: CredentialID(), method: "POST", path: "/jobs", key: "k")
    private let answer = RecordedAnswer(head: "201 application/json", body: [7])

    @Test func aSubmissionThatIsRepeatedAfterACrashFindsItsAnswer() async throws {
        try await withDatabasePath { path in
            let before = try SQLiteStores.open(path: path)
            #expect(try await before.idempotency.begin(key, bodyHash: [1], at: .second(0)) == .new)
            let keyed = KeyedAnswer(key: key, answer: answer)
            _ = try await before.jobs.insert(
                [.sample(1)], within: JobLimits(queued: 9), answering: keyed, claiming: nil)
            // The server dies before it can say that the call has been served.
            try await before.close()
            let after = try SQLiteStores.open(path: path)
            #expect(try await after.idempotency.begin(key, bodyHash: [1], at: .second(1)) == .replay(answer))
            #expect(try await after.jobs.census().counts == [.queued: 1])
            try await after.close()
        }
    }

    @Test func oneThatWasRefusedLeavesNoAnswer() async throws {
        try await withDatabasePath { path in
            let stores = try SQLiteStores.open(path: path)
            #expect(try await stores.idempotency.begin(key, bodyHash: [1], at: .second(0)) == .new)
            let keyed = KeyedAnswer(key: key, answer: answer)
            try await expectError(.rateLimited) {
                _ = try await stores.jobs.insert(
                    [.sample(1)], within: JobLimits(queued: 0), answering: keyed, claiming: nil)
            }
            #expect(try await stores.idempotency.begin(key, bodyHash: [1], at: .second(1)) == .inProgress)
            try await stores.close()
        }
    }
}
