// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Gives ids that grow: in the order of submission, and so in the order of the store, which then only appends.
///
/// 40 bits are milliseconds since 2020, until 2054; 8 bits are chance. A clock that is set back does not make them smaller.
public final class JobIDSequence: Sendable {
    private let last: Mutex<UInt64>
    private let clock: WallClock

    private static let epoch: Int64 = 1_577_836_800_000

    /// - Parameter last: the largest id that was ever given, or nil.
    public init(after last: JobID?, clock: @escaping WallClock) {
        self.last = Mutex(last?.number ?? 0)
        self.clock = clock
    }

    /// Gives only ids larger than `id` from now on: others give ids too.
    public func raise(above id: JobID) { last.withLock { $0 = max($0, id.number) } }

    /// An id larger than all before it.
    public func next() -> JobID {
        let moment = UInt64(max(0, clock().milliseconds - Self.epoch)) << 8
        let number = last.withLock { last in
            // Chance is asked for once a millisecond: it is a call of the kernel's.
            last = moment > last ? moment + UInt64.random(in: 0...255) : last + 1
            return last
        }
        return JobID(number: number)
    }
}
