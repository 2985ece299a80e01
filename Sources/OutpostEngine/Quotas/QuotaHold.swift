// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import Synchronization

/// An amount of a quota that a namespace holds until `release`, or until nothing refers to this object.
public final class QuotaHold: Sendable {
    private let quota: Quota
    private let namespace: NamespaceName
    private let ledger: QuotaLedger
    private let isReleased = Atomic<Bool>(false)

    /// Reserves one.
    ///
    /// - Throws: as `QuotaLedger.take`.
    public init(_ quota: Quota, in namespace: NamespaceName, of ledger: QuotaLedger) throws(OutpostError) {
        // `deinit` runs when an initializer throws after all properties have a value.
        try ledger.take(quota, in: namespace)
        self.quota = quota
        self.namespace = namespace
        self.ledger = ledger
    }

    deinit { release() }

    /// Returns the amount. A second call has no effect.
    public func release() {
        guard !isReleased.exchange(true, ordering: .acquiringAndReleasing) else { return }
        ledger.give(quota, in: namespace)
    }
}
