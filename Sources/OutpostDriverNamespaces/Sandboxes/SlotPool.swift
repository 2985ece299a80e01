// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux

/// The id ranges of live sandboxes. A range that was given back is the last to be taken again.
@Reactor
final class SlotPool {
    private var free: ArraySlice<UInt32>

    nonisolated init(_ slots: Range<UInt32>) { free = ArraySlice(slots) }

    /// The next range, or nil when every one belongs to a live sandbox.
    func take() -> UInt32? { free.popFirst() }

    func giveBack(_ slot: UInt32) { free.append(slot) }
}
