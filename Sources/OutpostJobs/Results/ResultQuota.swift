// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostStore
import Synchronization

/// The quota for what a namespace's jobs and their results take on the host's disk.
final class ResultQuota: Sendable {
    /// How long `last` is valid.
    private static let freshness = Duration.milliseconds(100)

    private let policy: QuotaPolicy
    private let store: any JobStore
    private let free: @Sendable () async -> Int?
    /// The last result of `free`. It is kept for a moment, because `free` looks at each disk.
    private let last = Mutex<(bytes: Int?, until: ContinuousClock.Instant)?>(nil)

    /// - Parameter free: returns the bytes of the disk that are free for new data; nil when this is unknown.
    init(policy: QuotaPolicy, store: any JobStore, free: @escaping @Sendable () async -> Int?) {
        self.policy = policy
        self.store = store
        self.free = free
    }

    /// The namespace's bound now: the operator's number if there is one, otherwise its fair share of the disk.
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

    /// The space that one result of a namespace may take. Its job already holds `JobStorage.reservedResultBytes`.
    struct Rest {
        let namespace: NamespaceName
        let bound: StorageBound
        let held: Int

        /// Bytes; nil for no bound.
        var bytes: Int? {
            switch bound {
            case .none: nil
            case .bytes(let limit): limit - held + JobStorage.reservedResultBytes
            case .share(let free):
                min(free, (FairShare.most(of: max(0, held + free))) - held) + JobStorage.reservedResultBytes
            }
        }

        var refusal: OutpostError { bound.refusal(.storedResults, held: held, in: namespace) }
    }

    /// The space that is left for one result of the namespace now.
    ///
    /// - Throws: the store's error.
    func rest(of namespace: NamespaceName) async throws(OutpostError) -> Rest {
        Rest(
            namespace: namespace, bound: await bound(of: namespace), held: try await store.storedBytes(of: namespace))
    }

    /// The namespace's use of the quota and its limit now.
    ///
    /// - Throws: the store's error.
    func standing(of namespace: NamespaceName) async throws(OutpostError) -> QuotaStanding {
        let rest = try await rest(of: namespace)
        return rest.bound.standing(.storedResults, held: rest.held)
    }
}
