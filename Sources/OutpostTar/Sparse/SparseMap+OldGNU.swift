// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Maps in headers of GNU tar and in the blocks after them (GNU tar manual, "Basic Tar Format", `struct sparse`).
extension SparseMap {
    private static let partSize = 24
    private static let numberSize = 12

    /// Adds the parts in the header itself.
    ///
    /// - Returns: whether a block with more parts follows.
    mutating func appendParts(ofHeader block: HeaderBlock) throws(TarError) -> Bool {
        try append(block, start: 386, count: 4, continuation: 482)
    }

    /// Adds the parts in a block after the header.
    ///
    /// - Returns: whether another block follows.
    mutating func appendParts(ofBlock block: HeaderBlock) throws(TarError) -> Bool {
        try append(block, start: 0, count: 21, continuation: 504)
    }

    private mutating func append(
        _ block: HeaderBlock, start: Int, count: Int, continuation: Int
    ) throws(TarError) -> Bool {
        var isFull = true
        for part in 0..<count {
            let position = start + part * Self.partSize
            // An unused part is all zeros. Only unused parts follow it.
            guard block[position] != 0 || block[position + Self.numberSize] != 0 else {
                isFull = false
                break
            }
            let length = HeaderField(start: position + Self.numberSize, count: Self.numberSize, label: "sparse size")
            let extent = TarExtent(
                offset: try block.count(
                    HeaderField(start: position, count: Self.numberSize, label: "sparse offset")),
                count: try block.count(length))
            try append(extent)
        }
        guard block[continuation] != 0 else { return false }
        // Without this check an archive could have an endless row of blocks without parts.
        guard isFull else { throw .badSparseMap(at: offset, "continues after its end") }
        return true
    }
}
