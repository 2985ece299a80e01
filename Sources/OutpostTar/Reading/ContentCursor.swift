// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Where in the content of a file the reader is.
struct ContentCursor {
    /// What comes next.
    enum Step {
        case data(offset: UInt64, count: UInt64)
        case hole(offset: UInt64, count: UInt64)
        case end
    }

    private let size: UInt64
    private let extents: [TarExtent]
    private var index = 0
    private var position: UInt64 = 0
    /// Bytes of the part with data that are still to come.
    private var missing: UInt64

    /// The end of an entry without content.
    init() { self.init(size: 0, extents: nil) }

    /// The start of a file.
    init(size: UInt64, extents: [TarExtent]?) {
        self.size = size
        self.extents = extents ?? []
        missing = extents == nil ? size : 0
    }

    /// What comes next. A hole is told once; data stays until `take` has taken it.
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

    /// `count` bytes of data have come, no more than `next` told.
    mutating func take(_ count: UInt64) {
        position += count
        missing -= count
    }
}
