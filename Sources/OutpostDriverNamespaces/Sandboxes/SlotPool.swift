// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux

/// The id ranges of live sandboxes. A range that was given back is the last to be taken again.
@Reactor
final class SlotPool {
    private let count: Int
    private var free: ArraySlice<UInt32>

    nonisolated init(_ slots: Range<UInt32>) {
        count = slots.count
        free = ArraySlice(slots)
    }

    /// The refusal when `take` has none.
    var exhausted: OutpostError {
        OutpostError(
            .unavailable, "no uid range is free: \(count) sandboxes are up, which is the limit (slots)", retryAfter: 1)
    }

    /// The next range, or nil when every one belongs to a live sandbox.
    func take() -> UInt32? { free.popFirst() }

    func giveBack(_ slot: UInt32) { free.append(slot) }
}
