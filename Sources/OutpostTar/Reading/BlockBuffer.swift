// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Cuts pieces of any size into blocks. It copies only blocks that lie in more than one piece.
struct BlockBuffer {
    private var partial: [UInt8] = []

    var isEmpty: Bool { partial.isEmpty }

    /// Takes the next block off `input`, or all that there is of it, which is nil then.
    mutating func take(from input: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        if partial.isEmpty, input.count >= HeaderBlock.size { return input.take(HeaderBlock.size) }
        if partial.isEmpty { partial.reserveCapacity(HeaderBlock.size) }
        partial.append(contentsOf: input.take(HeaderBlock.size - partial.count))
        guard partial.count == HeaderBlock.size else { return nil }
        let block = partial[...]
        partial = []
        return block
    }
}

extension ArraySlice<UInt8> {
    /// Takes the first `count` bytes off, or all if there are fewer.
    mutating func take(_ count: Int) -> ArraySlice<UInt8> {
        let taken = prefix(count)
        self = dropFirst(taken.count)
        return taken
    }
}
