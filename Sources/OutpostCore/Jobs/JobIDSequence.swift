// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Makes job ids that grow in the order of submission. The store sorts by id, so it only appends.
///
/// An id has 40 bits of milliseconds since 2020, enough until 2054, and 8 random bits. The ids grow even when the clock
/// is set back.
public final class JobIDSequence: Sendable {
    /// Milliseconds from 1970 to 2020.
    private static let epoch: Int64 = 1_577_836_800_000

    private let last: Mutex<UInt64>
    private let clock: WallClock

    /// - Parameter last: the largest id in the store, or nil.
    public init(after last: JobID?, clock: @escaping WallClock) {
        self.last = Mutex(last?.number ?? 0)
        self.clock = clock
    }

    /// Makes all later ids larger than `id`, which another server may have made.
    public func raise(above id: JobID) { last.withLock { $0 = max($0, id.number) } }

    /// Makes an id that is larger than all before it.
    public func next() -> JobID {
        let moment = UInt64(max(0, clock().milliseconds - Self.epoch)) << 8
        let number = last.withLock { last in
            // Random bits need a system call, so they are read at most once in a millisecond.
            last = moment > last ? moment + UInt64.random(in: 0...255) : last + 1
            return last
        }
        return JobID(number: number)
    }
}
