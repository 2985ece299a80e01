// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The reader's position in the content of a file.
struct ContentCursor {
    /// The next part of the content.
    enum Step {
        case data(offset: UInt64, count: UInt64)
        case hole(offset: UInt64, count: UInt64)
        case end
    }

    private let size: UInt64
    private let extents: [TarExtent]
    private var index = 0
    private var position: UInt64 = 0
    /// Bytes that are missing of the current part with data.
    private var missing: UInt64

    /// The end of an entry without content.
    init() { self.init(size: 0, extents: nil) }

    /// The start of a file.
    init(size: UInt64, extents: [TarExtent]?) {
        self.size = size
        self.extents = extents ?? []
        missing = extents == nil ? size : 0
    }

    /// The next part. It returns a hole once. It returns data until `advance` has passed all of it.
    mutating func next() -> Step {
        if missing > 0 { return .data(offset: position, count: missing) }
        let end = index < extents.count ? extents[index].offset : size
        if position < end {
            defer { position = end }
            return .hole(offset: position, count: end - position)
        }
        guard index < extents.count else { return .end }
        missing = extents[index].count
        index += 1
        return next()
    }

    /// Passes `count` bytes of data, at most as many as `next` returned.
    mutating func advance(_ count: UInt64) {
        position += count
        missing -= count
    }
}
