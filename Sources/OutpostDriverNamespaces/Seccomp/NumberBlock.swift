// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Numbers that agree in all bits of a mask. A filter knows equality under a mask only, so "none of these" is said as the
/// blocks that lie between them.
struct NumberBlock: Hashable, Sendable {
    let mask: UInt64
    let value: UInt64

    /// The blocks of all numbers of so many bits that are not among `allowed`, which has one at least.
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
