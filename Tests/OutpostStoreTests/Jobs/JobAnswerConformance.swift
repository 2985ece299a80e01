// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import Testing

/// A submission and the answer to it are one: after a crash there are both, or neither.
struct JobAnswerConformance {
    private let key = IdempotencyKey(credential: CredentialID(), method: "POST", path: "/jobs", key: "k")
    private let answer = RecordedAnswer(head: "201 application/json", body: [7])

    @Test(arguments: StoreKind.allCases)
    func aSubmissionThatIsRepeatedAfterACrashFindsItsAnswer(kind: StoreKind) async throws {
        try await kind.withRestart { stores in
            #expect(try await stores.idempotency.begin(key, bodyHash: [1], at: .second(0)) == .new)
            let keyed = KeyedAnswer(key: key, answer: answer)
            _ = try await stores.jobs.insert(
                [.sample(1)], within: JobLimits(queued: 9), answering: keyed, claiming: nil)
            // The server dies before it can say that the call has been served.
        } then: { (stores) async throws in
            #expect(try await stores.idempotency.begin(key, bodyHash: [1], at: .second(1)) == .replay(answer))
            #expect(try await stores.jobs.census().counts == [.queued: 1])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func oneThatWasRefusedLeavesNoAnswer(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            #expect(try await stores.idempotency.begin(key, bodyHash: [1], at: .second(0)) == .new)
            let keyed = KeyedAnswer(key: key, answer: answer)
            try await expectError(.rateLimited) {
                _ = try await stores.jobs.insert(
                    [.sample(1)], within: JobLimits(queued: 0), answering: keyed, claiming: nil)
            }
            #expect(try await stores.idempotency.begin(key, bodyHash: [1], at: .second(1)) == .inProgress)
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aClosedStoreTakesNoJob(kind: StoreKind) async throws {
        try await kind.withStores { stores in
            try await stores.close()
            try await expectError(.internal) { try await stores.jobs.add(.sample(1)) }
            try await expectError(.internal) { _ = try await stores.jobs.census() }
        }
    }
}
