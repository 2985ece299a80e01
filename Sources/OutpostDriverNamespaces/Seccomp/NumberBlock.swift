// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A block of numbers that agree in all bits of a mask. A seccomp filter can only compare for equality under a mask.
/// Therefore "none of these numbers" becomes the blocks between the numbers.
struct NumberBlock: Hashable, Sendable {
    let mask: UInt64
    let value: UInt64

    /// Returns the blocks that contain all numbers of this many bits except `allowed`, which must not be empty.
    static func outside(_ allowed: [UInt64], bits: Int) -> [NumberBlock] {
        let all = UInt64(1) << bits - 1
        func blocks(_ start: UInt64, _ free: Int) -> [NumberBlock] {
            guard allowed.contains(where: { $0 >> free == start >> free }) else {
                return [NumberBlock(mask: (all >> free) << free, value: start)]
            }
            if free == 0 { return [] }
            return blocks(start, free - 1) + blocks(start | 1 << (free - 1), free - 1)
        }
        return blocks(0, bits)
    }
}
