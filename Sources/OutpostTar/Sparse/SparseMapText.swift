// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A reader of maps in PAX format 1.0. A map has the number of parts, then the offset and the count of each part. Each
/// number is decimal, on a line of its own. The map is before the content and is padded to whole blocks (GNU tar manual,
/// "Storing Sparse Files").
struct SparseMapText {
    /// The most digits of a 64-bit number.
    private static let maximumDigits = 20

    /// Numbers that are not read yet; nil before the first number, which gives the count.
    private var missing: UInt64?
    private var digits: [UInt8] = []
    /// The offset of a part whose count is not read yet.
    private var partOffset: UInt64?

    /// Reads a block and adds its parts to `map`.
    ///
    /// - Returns: whether the map is complete. The rest of the block is then padding.
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
