// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// The id ranges of live sandboxes. A released range is the last to be used again.
@Reactor
final class UIDRangePool {
    private let count: Int
    private var free: ArraySlice<UInt32>

    nonisolated init(_ slots: Range<UInt32>) {
        count = slots.count
        free = ArraySlice(slots)
    }

    /// The error when `acquire` has no range.
    var exhausted: OutpostError {
        OutpostError(
            .unavailable, "no uid range is free: \(count) sandboxes are up, the most that slots allows", retryAfter: 1)
    }

    /// The next free range, or nil when live sandboxes have them all.
    func acquire() -> UInt32? { free.popFirst() }

    func release(_ slot: UInt32) { free.append(slot) }
}
