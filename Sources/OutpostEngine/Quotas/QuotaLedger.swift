// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import Synchronization

/// Counts what each namespace holds of each limited resource. A namespace has its own quota or a fair share.
public final class QuotaLedger: Sendable {
    private struct Book {
        var taken = 0
        /// Has no entry with the value zero.
        var held: [NamespaceName: Int] = [:]
    }

    /// The quotas that the operator has set.
    public let policy: QuotaPolicy
    /// The server's capacity of each shared resource. A resource without an entry is not shared.
    private let capacities: [Quota: Int]
    private let books = Mutex<[Quota: Book]>([:])

    /// Creates an empty ledger.
    ///
    /// - Parameter capacities: the server's capacity of each shared resource (bytes for `bodies` and `output`, a count
    ///   for the other quotas).
    public init(policy: QuotaPolicy = QuotaPolicy(), capacities: [Quota: Int] = [:]) {
        self.policy = policy
        self.capacities = capacities
    }

    /// Reserves an amount for a namespace (bytes for `bodies` and `output`, a count for the other quotas). The caller
    /// must call `give` afterwards.
    ///
    /// - Throws: `rate_limited` or `insufficient_storage` when the namespace has used up its quota; `unavailable` when
    ///   the server is full. After an error nothing is reserved.
    public func take(_ quota: Quota, _ amount: Int = 1, in namespace: NamespaceName) throws(OutpostError) {
        let own = policy.limit(quota, in: namespace).map { $0 * quota.unit }
        let capacity = capacities[quota]
        let refusal: OutpostError? = books.withLock { books in
            let book = books[quota] ?? Book()
            let held = book.held[namespace] ?? 0
            if let own, held + amount > own {
                return Self.standing(quota, own, held).refusal(in: namespace)
            }
            if let capacity {
                guard book.taken + amount <= capacity else { return Self.full(quota, book.taken, of: capacity) }
                // A namespace with its own quota may use all of it while the server has capacity.
                let isShared = own == nil
                if isShared, !FairShare.allows(held: held, adding: amount, taken: book.taken, of: capacity) {
                    return Self.crowded(quota, held, capacity, namespace)
                }
            }
            books[quota, default: Book()].taken += amount
            books[quota, default: Book()].held[namespace, default: 0] += amount
            return nil
        }
        if let refusal { throw refusal }
    }

    /// Adds an amount that a namespace already holds, without a check.
    public func add(_ quota: Quota, _ amount: Int = 1, in namespace: NamespaceName) {
        books.withLock { books in
            books[quota, default: Book()].taken += amount
            books[quota, default: Book()].held[namespace, default: 0] += amount
        }
    }

    /// Returns an amount that `take` or `add` has counted (bytes for `bodies` and `output`, a count for the other
    /// quotas).
    public func give(_ quota: Quota, _ amount: Int = 1, in namespace: NamespaceName) {
        books.withLock { books in
            let left = (books[quota]?.held[namespace] ?? 0) - amount
            books[quota]?.taken -= amount
            books[quota]?.held[namespace] = left > 0 ? left : nil
        }
    }

    /// The server's capacity of a resource (bytes for `bodies` and `output`, a count for the other quotas). Nil when it
    /// is not shared.
    public func capacity(_ quota: Quota) -> Int? { capacities[quota] }

    /// The amount that a namespace holds.
    public func used(_ quota: Quota, in namespace: NamespaceName) -> Int {
        books.withLock { $0[quota]?.held[namespace] ?? 0 }
    }

    /// The amount that all namespaces hold.
    public func used(_ quota: Quota) -> Int { books.withLock { $0[quota]?.taken ?? 0 } }

    /// Whether a namespace holds more than the average of all namespaces that hold something.
    func isAboveEqualPart(_ quota: Quota, _ namespace: NamespaceName) -> Bool {
        books.withLock { books in
            guard let book = books[quota], let held = book.held[namespace] else { return false }
            return held * book.held.count > book.taken
        }
    }

    /// The namespace's quota of one resource and its use.
    public func standing(_ quota: Quota, in namespace: NamespaceName) -> QuotaStanding {
        let capacity = capacities[quota].map { FairShare.most(of: $0) }
        let own = policy.limit(quota, in: namespace).map { $0 * quota.unit }
        return Self.standing(quota, own ?? capacity, used(quota, in: namespace))
    }

    /// Converts amounts to the units of the API (MiB for `bodies` and `output`). The use is rounded up.
    private static func standing(_ quota: Quota, _ limit: Int?, _ used: Int) -> QuotaStanding {
        QuotaStanding(quota, limit: limit.map { $0 / quota.unit }, used: (used + quota.unit - 1) / quota.unit)
    }

    private static func full(_ quota: Quota, _ taken: Int, of capacity: Int) -> OutpostError {
        OutpostError(
            .unavailable,
            "the server is full: \(quota.rawValue), limit \(capacity / quota.unit), in use \(taken / quota.unit)",
            retryAfter: 1)
    }

    private static func crowded(
        _ quota: Quota, _ held: Int, _ capacity: Int, _ namespace: NamespaceName
    ) -> OutpostError {
        OutpostError(
            .rateLimited,
            "the namespace \(namespace) has used up its share of \(quota.rawValue), in use \(held / quota.unit); the server "
                + "keeps the rest of its limit \(capacity / quota.unit) for others", retryAfter: 1)
    }
}
