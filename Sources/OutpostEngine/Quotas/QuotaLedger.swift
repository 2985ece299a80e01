// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import Synchronization

/// Who holds how much of what there is only so much of. Every namespace has a number of its own or its fair share.
public final class QuotaLedger: Sendable {
    private struct Book {
        var taken = 0
        /// None is zero.
        var held: [NamespaceName: Int] = [:]
    }

    public let policy: QuotaPolicy
    /// What the server has of it for all namespaces together; nothing is shared that is not here.
    private let capacities: [Quota: Int]
    private let books = Mutex<[Quota: Book]>([:])

    /// - Parameter capacities: what the server has for all together.
    public init(policy: QuotaPolicy = QuotaPolicy(), capacities: [Quota: Int] = [:]) {
        self.policy = policy
        self.capacities = capacities
    }

    /// Takes so much for a namespace, in the quota's `unit`s; `give` gives it back.
    ///
    /// - Throws: `rate_limited` or `insufficient_storage` when the namespace has its part, `unavailable` when the server has
    ///   no more; nothing is taken then.
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
                // What the operator gave to a namespace is its own, as long as the server has any.
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

    /// Writes down what a namespace holds already, whatever its quota is.
    public func add(_ quota: Quota, _ amount: Int = 1, in namespace: NamespaceName) {
        books.withLock { books in
            books[quota, default: Book()].taken += amount
            books[quota, default: Book()].held[namespace, default: 0] += amount
        }
    }

    public func give(_ quota: Quota, _ amount: Int = 1, in namespace: NamespaceName) {
        books.withLock { books in
            let left = (books[quota]?.held[namespace] ?? 0) - amount
            books[quota]?.taken -= amount
            books[quota]?.held[namespace] = left > 0 ? left : nil
        }
    }

    /// What the server has of it for all namespaces together, in the quota's `unit`s; nil where that is not counted.
    public func capacity(_ quota: Quota) -> Int? { capacities[quota] }

    /// How much a namespace holds.
    public func used(_ quota: Quota, in namespace: NamespaceName) -> Int {
        books.withLock { $0[quota]?.held[namespace] ?? 0 }
    }

    /// How much all namespaces hold together.
    public func used(_ quota: Quota) -> Int { books.withLock { $0[quota]?.taken ?? 0 } }

    /// Whether a namespace holds more than it would if all that hold some held the same.
    func isAboveEqualPart(_ quota: Quota, _ namespace: NamespaceName) -> Bool {
        books.withLock { books in
            guard let book = books[quota], let held = book.held[namespace] else { return false }
            return held * book.held.count > book.taken
        }
    }

    /// What a namespace has, and may have at most.
    public func standing(_ quota: Quota, in namespace: NamespaceName) -> QuotaStanding {
        let capacity = capacities[quota].map { FairShare.most(of: $0) }
        let own = policy.limit(quota, in: namespace).map { $0 * quota.unit }
        return Self.standing(quota, own ?? capacity, used(quota, in: namespace))
    }

    /// In the units that people read; what is begun counts.
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
