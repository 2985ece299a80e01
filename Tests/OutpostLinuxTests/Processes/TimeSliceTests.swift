// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import Testing

/// Since Linux 6.12 the kernel tells the slice of a thread.
@Suite(.enabled("the kernel has slices for each thread since Linux 6.12") { TimeSlice.current > 0 })
struct TimeSliceTests {
    /// The slices of a new thread that asks for a short one, and of a thread that it makes.
    private func slices(forChildren: Bool) async throws -> (own: UInt64, child: UInt64) {
        try await BlockingPool(limit: 1).run {
            TimeSlice.shorten(forChildren: forChildren)
            let child = Slices()
            BlockingPool(limit: 1).submit { child.tell(TimeSlice.current) }
            return (TimeSlice.current, child.wait())
        }
    }

    @Test func aShortSliceIsInheritedOrNot() async throws {
        let usual = TimeSlice.current
        #expect(usual > TimeSlice.short)
        #expect(try await slices(forChildren: true) == (TimeSlice.short, TimeSlice.short))
        #expect(try await slices(forChildren: false) == (TimeSlice.short, usual))
        #expect(TimeSlice.current == usual)
    }
}

/// Takes a number from one thread to another.
private final class Slices: Sendable {
    private let pipe: (read: Descriptor, write: Descriptor)?

    init() { pipe = try? Descriptor.pipe() }

    func tell(_ slice: UInt64) {
        try? pipe?.write.writeAll((0..<8).map { UInt8(truncatingIfNeeded: slice >> (8 * $0)) })
    }

    func wait() -> UInt64 {
        let bytes = (try? pipe?.read.read(atMost: 8)) ?? nil
        return (bytes ?? []).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
