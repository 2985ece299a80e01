// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Crypto
import Logging
public import OutpostCore
public import OutpostStore

/// Gives the first answer again to a call that is repeated with its key.
public struct IdempotencyService: Sendable {
    private let store: any IdempotencyStore
    private let quotas: QuotaPolicy
    private let work: FairWork
    private let clock: WallClock
    private let logger: Logger

    init(_ context: EngineContext) {
        store = context.stores.idempotency
        quotas = context.quotas.policy
        work = context.work
        clock = context.clock
        logger = context.logger
    }

    /// Answers a call once: with `serve` the first time, from the record after that.
    ///
    /// - Parameter serve: gives the answer, and whether repetitions of the call get it too. If not, the next one is served.
    /// - Throws: `conflict` while the first one is being served, or when the key came with another body before;
    ///   `rate_limited` and `insufficient_storage` when as much is remembered for the namespace as may be.
    public func answer(
        _ key: IdempotencyKey, body: [UInt8], serve: () async -> (answer: RecordedAnswer, isFinal: Bool)
    ) async throws(OutpostError) -> RecordedAnswer {
        let hash = try await work.run(bytes: body.count, for: key.namespace ?? .default) { () throws(OutpostError) in
            Array(SHA256.hash(data: body))
        }
        switch try await store.begin(key, bodyHash: hash, at: clock(), within: limits(key.namespace)) {
        case .replay(let answer): return answer
        case .inProgress:
            throw OutpostError(
                .conflict, "the server is still working on the first call with this \(Parameter.idempotencyKey)")
        case .mismatch:
            throw OutpostError(.conflict, "an earlier call used this \(Parameter.idempotencyKey) with another body")
        case .full(let usage): throw refusal(key.namespace ?? .default, usage)
        case .new: break
        }
        let (answer, isFinal) = await serve()
        if isFinal {
            await finish(key, answer)
        } else {
            await abandon(key)
        }
        return answer
    }

    private func limits(_ namespace: NamespaceName?) -> IdempotencyLimits {
        guard let namespace else { return IdempotencyLimits() }
        return IdempotencyLimits(
            records: quotas.limit(.idempotencyRecords, in: namespace),
            bytes: quotas.limit(.storedAnswers, in: namespace).map { $0 << 20 })
    }

    private func refusal(_ namespace: NamespaceName, _ usage: IdempotencyUsage) -> OutpostError {
        let standings = standings(namespace, usage)
        let reached = standings.first { $0.used >= $0.limit ?? .max } ?? standings[0]
        // What is remembered goes a day after it came.
        return reached.refusal(in: namespace, retryAfter: 60)
    }

    private func standings(_ namespace: NamespaceName, _ usage: IdempotencyUsage) -> [QuotaStanding] {
        [
            QuotaStanding(
                .idempotencyRecords, limit: quotas.limit(.idempotencyRecords, in: namespace), used: usage.records),
            QuotaStanding(
                .storedAnswers, limit: quotas.limit(.storedAnswers, in: namespace),
                used: (usage.bytes + (1 << 20) - 1) >> 20),
        ]
    }

    /// What a namespace has of the quotas that are about repeated calls.
    func standings(of namespace: NamespaceName) async throws(OutpostError) -> [QuotaStanding] {
        standings(namespace, try await store.usage(of: namespace))
    }

    /// The call has been served whether or not its answer can be recorded, so it is answered all the same.
    private func finish(_ key: IdempotencyKey, _ answer: RecordedAnswer) async {
        do throws(OutpostError) {
            try await store.finish(key, with: answer)
        } catch {
            logger.error("an answer cannot be recorded for its key", metadata: ["error": "\(error)"])
        }
    }

    /// A claim that stays refuses the call's repetition; that is no reason to refuse this answer.
    private func abandon(_ key: IdempotencyKey) async {
        do throws(OutpostError) {
            try await store.abandon(key)
        } catch {
            logger.error("the key of a repeatable call cannot be given back", metadata: ["error": "\(error)"])
        }
    }

    /// Forgets keys that are older than 24 hours.
    func sweep() async throws(OutpostError) {
        try await store.sweep(before: clock().advanced(bySeconds: -idempotencyLifetimeSeconds))
    }
}
