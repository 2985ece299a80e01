// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A map of PAX format 1.0: the number of parts, then offset and count of each, every number in decimal on a line of its
/// own, before the content, padded to whole blocks (GNU tar manual, "Storing Sparse Files").
struct SparseMapText {
    /// Numbers that are still to come, nil until the first, which says so.
    private var missing: UInt64?
    private var digits: [UInt8] = []
    private var partOffset: UInt64?
    /// No number of 64 bits has more.
    private static let maximumDigits = 20

    /// Reads a block, and adds its parts to `map`.
    ///
    /// - Returns: whether the map is complete. What is left of the block is padding then.
    /// - Throws: `badSparseMap` and `limitExceeded`.
    mutating func append(_ block: HeaderBlock, to map: inout SparseMap) throws(TarError) -> Bool {
        for byte in block.slice(0, HeaderBlock.size) {
            if byte == UInt8(ascii: "\n") {
                try endNumber(&map)
                if missing == 0 { return true }
            } else {
                guard digits.count < Self.maximumDigits else { throw map.notANumber }
                digits.append(byte)
            }
        }
        return false
    }

    private mutating func endNumber(_ map: inout SparseMap) throws(TarError) {
        guard let value = decimal(digits[...]), value <= UInt64(Int64.max) else { throw map.notANumber }
        digits.removeAll(keepingCapacity: true)
        guard let missing else {
            guard value <= UInt64(clamping: map.limit) else { throw map.tooManyParts }
            self.missing = value * 2
            return
        }
        self.missing = missing - 1
        if let offset = partOffset {
            try map.append(TarExtent(offset: offset, count: value))
            partOffset = nil
        } else {
            partOffset = value
        }
    }
}
