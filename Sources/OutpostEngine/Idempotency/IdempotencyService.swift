// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Crypto
import Logging
public import OutpostCore
public import OutpostStore

/// Answers a repeated call with the recorded first answer.
public struct IdempotencyService: Sendable {
    private let store: any IdempotencyStore
    private let quotas: QuotaPolicy
    private let work: FairWork
    private let tasks: TaskOwner
    private let clock: WallClock
    private let logger: Logger

    init(_ context: EngineContext) {
        store = context.stores.idempotency
        quotas = context.quotas.policy
        work = context.work
        tasks = context.tasks
        clock = context.clock
        logger = context.logger
    }

    /// Answers a call. The first call with a key is served by `serve`. Later calls with the same key get the recorded
    /// answer.
    ///
    /// - Parameter serve: makes the answer, and says what is recorded. If nothing is, the next call with the key is served
    ///   again.
    /// - Throws: `conflict` while the first call is in progress, or when an earlier call used the key with another
    ///   body; `rate_limited` and `insufficient_storage` when the namespace's quota of records is used up.
    public func answer(
        _ key: IdempotencyKey, body: [UInt8], serve: () async -> (answer: RecordedAnswer, recording: Recording)
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
        let (answer, recording) = await serve()
        switch recording {
        case .answer: await finish(key, answer)
        case .nothing: await abandon(key)
        case .later(let last): tasks.run { await finish(key, last) }
        }
        return answer
    }

    /// What is recorded for repetitions of a call.
    public enum Recording: Sendable {
        /// The answer of the call.
        case answer
        case nothing
        /// What the function returns, for an answer that is a stream: nil for nothing.
        case later(@Sendable () async -> RecordedAnswer?)
    }

    private func finish(_ key: IdempotencyKey, _ last: @Sendable () async -> RecordedAnswer?) async {
        if let answer = await last() { await finish(key, answer) } else { await abandon(key) }
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
        // Records expire 24 hours after the call.
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

    /// Returns the namespace's quotas of idempotency records and their use.
    ///
    /// - Throws: the store's error.
    func standings(of namespace: NamespaceName) async throws(OutpostError) -> [QuotaStanding] {
        standings(namespace, try await store.usage(of: namespace))
    }

    /// Records the answer. If that fails, the client still gets the answer, because the call has been served.
    private func finish(_ key: IdempotencyKey, _ answer: RecordedAnswer) async {
        do throws(OutpostError) {
            try await store.finish(key, with: answer)
        } catch {
            logger.error(
                "the answer to a call cannot be recorded under its idempotency key", metadata: ["error": "\(error)"])
        }
    }

    /// Removes the record of a call whose answer is not recorded. If that fails, a repeated call is refused, but this
    /// call is still answered.
    private func abandon(_ key: IdempotencyKey) async {
        do throws(OutpostError) {
            try await store.abandon(key)
        } catch {
            logger.error(
                "the idempotency key of an unrecorded call cannot be released", metadata: ["error": "\(error)"])
        }
    }

    /// Deletes records that are older than 24 hours.
    ///
    /// - Throws: the store's error.
    func sweep() async throws(OutpostError) {
        try await store.sweep(before: clock().advanced(bySeconds: -idempotencyLifetimeSeconds))
    }
}
