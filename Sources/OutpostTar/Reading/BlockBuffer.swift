// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Splits input pieces of any size into blocks. It copies only a block that spans several pieces.
struct BlockBuffer {
    private var partial: [UInt8] = []

    var isEmpty: Bool { partial.isEmpty }

    /// Removes the next block from the front of `input`.
    ///
    /// - Returns: the block; nil when it is not complete. Then the buffer keeps all of `input`.
    mutating func readBlock(from input: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        if partial.isEmpty, input.count >= HeaderBlock.size { return input.removePrefix(HeaderBlock.size) }
        if partial.isEmpty { partial.reserveCapacity(HeaderBlock.size) }
        partial.append(contentsOf: input.removePrefix(HeaderBlock.size - partial.count))
        guard partial.count == HeaderBlock.size else { return nil }
        let block = partial[...]
        partial = []
        return block
    }
}

extension ArraySlice<UInt8> {
    /// Removes and returns the first `count` bytes, or all bytes if there are fewer.
    mutating func removePrefix(_ count: Int) -> ArraySlice<UInt8> {
        let removed = prefix(count)
        self = dropFirst(removed.count)
        return removed
    }
}
