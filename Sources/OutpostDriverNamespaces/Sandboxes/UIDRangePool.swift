// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// The free uid ranges, by slot. A slot is the number of a uid range. A released slot is used again last.
@Reactor
final class UIDRangePool {
    private let count: Int
    private var free: ArraySlice<UInt32>
    private var held: Set<UInt32> = []

    /// Creates a pool with these slots, all free.
    nonisolated init(_ slots: Range<UInt32>) {
        count = slots.count
        free = ArraySlice(slots)
    }

    /// The error when `acquire` has no range.
    var exhausted: OutpostError {
        OutpostError(
            .unavailable, "no uid range is free: \(count) sandboxes are up, the most that slots allows", retryAfter: 1)
    }

    /// Returns the next free slot. Nil when live sandboxes use all of them.
    func acquire() -> UInt32? {
        guard let slot = free.popFirst() else { return nil }
        held.insert(slot)
        return slot
    }

    /// Returns a slot to the pool. A slot that is not in use stays as it is: two sandboxes must never get the same ids.
    func release(_ slot: UInt32) {
        guard held.remove(slot) != nil else { return }
        free.append(slot)
    }
}
