// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

extension TarReader {
    mutating func readContent(_ input: inout ArraySlice<UInt8>) -> Step {
        switch cursor.next() {
        case .hole(let start, let count): return .event(.hole(offset: start, count: count))
        case .data(let start, let count):
            let piece = consume(Int(clamping: count), &input)
            guard !piece.isEmpty else { return .needsInput }
            cursor.advance(UInt64(piece.count))
            return .event(.data(piece, offset: start))
        case .end:
            // Each entry begins at a whole block, so the position gives the padding.
            state = .padding(paddingBytes(after: offset))
            return .event(.endOfEntry)
        }
    }

    mutating func skip(_ missing: Int, _ input: inout ArraySlice<UInt8>) -> Step {
        let left = missing - consume(missing, &input).count
        state = left == 0 ? .header : .padding(left)
        return left == 0 ? .next : .needsInput
    }

    mutating func readSecondZeroBlock(_ input: inout ArraySlice<UInt8>) -> Step {
        guard let second = readBlock(&input) else { return .needsInput }
        state = .ended
        if second.isZero { return .event(.endOfArchive(.twoZeroBlocks)) }
        hasTrailingData = true
        return .event(.endOfArchive(.oneZeroBlock))
    }

    mutating func dropTrailing(_ input: inout ArraySlice<UInt8>) {
        let trailing = consume(input.count, &input)
        if !hasTrailingData { hasTrailingData = trailing.contains { $0 != 0 } }
    }
}

/// Bytes from `offset` to the end of its block.
func paddingBytes(after offset: UInt64) -> Int {
    let block = UInt64(HeaderBlock.size)
    return Int((block - offset % block) % block)
}
