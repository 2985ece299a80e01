// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import Synchronization

/// How much of the host's disk the jobs of a namespace may take, with what comes of them.
final class ResultQuota: Sendable {
    private let policy: QuotaPolicy
    private let store: any JobStore
    private let free: @Sendable () async -> Int?
    /// What was free, and until when that is not asked again: it takes a look at each disk.
    private let last = Mutex<(bytes: Int?, until: ContinuousClock.Instant)?>(nil)

    private static let freshness = Duration.milliseconds(100)

    /// - Parameter free: bytes of the disk that are free for something new; nil when nobody knows.
    init(policy: QuotaPolicy, store: any JobStore, free: @escaping @Sendable () async -> Int?) {
        self.policy = policy
        self.store = store
        self.free = free
    }

    /// What bounds a namespace now: the operator's number, or its share of the disk.
    func bound(of namespace: NamespaceName) async -> StorageBound {
        if let limit = policy.limit(.storedResults, in: namespace) { return .bytes(limit << 20) }
        return await freeBytes().map { .share(free: $0) } ?? .none
    }

    private func freeBytes() async -> Int? {
        let now = ContinuousClock.now
        if let last = last.withLock({ $0 }), now < last.until { return last.bytes }
        let bytes = await free()
        last.withLock { $0 = (bytes, now + Self.freshness) }
        return bytes
    }

    /// What is left to one result of a namespace, whose job has `JobStorage.reservedResultBytes` already.
    struct Rest {
        let namespace: NamespaceName
        let bound: StorageBound
        let held: Int

        /// Nil for no bound.
        var bytes: Int? {
            switch bound {
            case .none: nil
            case .bytes(let limit): limit - held + JobStorage.reservedResultBytes
            // As much as is neither above its share nor above what is free.
            case .share(let free):
                min(free, (FairShare.most(of: max(0, held + free))) - held) + JobStorage.reservedResultBytes
            }
        }

        var refusal: OutpostError { bound.refusal(.storedResults, held: held, in: namespace) }
    }

    /// - Throws: the store's error.
    func rest(of namespace: NamespaceName) async throws(OutpostError) -> Rest {
        Rest(
            namespace: namespace, bound: await bound(of: namespace), held: try await store.storedBytes(of: namespace))
    }

    /// What a namespace has, and may have as things are.
    ///
    /// - Throws: the store's error.
    func standing(of namespace: NamespaceName) async throws(OutpostError) -> QuotaStanding {
        let rest = try await rest(of: namespace)
        return rest.bound.standing(.storedResults, held: rest.held)
    }
}
