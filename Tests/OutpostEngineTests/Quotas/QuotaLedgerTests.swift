// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostEngine

/// Who holds how much.
struct QuotaLedgerTests {
    private let team: NamespaceName

    init() throws { team = try #require(NamespaceName("team-a")) }

    private func refusal(_ body: () throws(OutpostError) -> Void) throws -> OutpostError {
        try #require(throws: OutpostError.self) { try body() }
    }

    @Test func aNumberOfTheOperatorsWinsOverTheShareAndTheServersCapacityOverBoth() throws {
        let policy = QuotaPolicy(namespaces: [team: .init([.concurrentRuns: 8]), .default: .init([.concurrentRuns: 1])])
        let ledger = QuotaLedger(policy: policy, capacities: [.concurrentRuns: 8])
        try ledger.take(.concurrentRuns, in: .default)
        let own = try refusal { () throws(OutpostError) in try ledger.take(.concurrentRuns, in: .default) }
        #expect(own.code == .rateLimited)
        #expect(own.message == "the namespace default has reached its quota max_concurrent_runs, limit 1, in use 1")
        for _ in 0..<7 { try ledger.take(.concurrentRuns, in: team) }
        let full = try refusal { () throws(OutpostError) in try ledger.take(.concurrentRuns, in: team) }
        #expect(full.code == .unavailable)
        #expect(full.message == "the server is full: max_concurrent_runs, limit 8, in use 8")
        ledger.give(.concurrentRuns, in: .default)
        try ledger.take(.concurrentRuns, in: team)
        #expect(ledger.used(.concurrentRuns) == 8)
    }

    @Test func bodiesAreCountedInBytesAndToldInMebibytes() throws {
        let ledger = QuotaLedger(policy: QuotaPolicy(standard: .init([.bodies: 2])), capacities: [.bodies: 100 << 20])
        try ledger.take(.bodies, (1 << 20) + 1, in: team)
        #expect(ledger.standing(.bodies, in: team) == QuotaStanding(.bodies, limit: 2, used: 2))
        let error = try refusal { () throws(OutpostError) in try ledger.take(.bodies, 1 << 20, in: team) }
        #expect(error.message == "the namespace team-a has reached its quota body_mb, limit 2, in use 2")
        ledger.give(.bodies, (1 << 20) + 1, in: team)
        #expect(ledger.standing(.bodies, in: team).used == 0)
    }

    @Test func whatIsWrittenDownFromBeforeCountsAndIsNotRefused() throws {
        let ledger = QuotaLedger(policy: QuotaPolicy(standard: .init([.sandboxes: 1])))
        ledger.add(.sandboxes, 3, in: team)
        let error = try refusal { () throws(OutpostError) in try ledger.take(.sandboxes, in: team) }
        #expect(error.message.hasSuffix("limit 1, in use 3"))
        ledger.give(.sandboxes, 3, in: team)
        try ledger.take(.sandboxes, in: team)
    }

    @Test func anEqualPartIsThatOfThoseThatHoldSome() {
        let ledger = QuotaLedger()
        ledger.add(.liveSandboxes, 3, in: team)
        #expect(!ledger.isAboveEqualPart(.liveSandboxes, team))
        ledger.add(.liveSandboxes, 1, in: .default)
        #expect(ledger.isAboveEqualPart(.liveSandboxes, team))
        #expect(!ledger.isAboveEqualPart(.liveSandboxes, .default))
    }
}
