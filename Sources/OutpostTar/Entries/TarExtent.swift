// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A part of a sparse file that has data.
public struct TarExtent: Hashable, Sendable {
    /// Bytes of the file before the part.
    public var offset: UInt64
    /// Bytes of the part.
    public var count: UInt64

    /// A part of `count` bytes behind the first `offset` bytes of the file.
    public init(offset: UInt64, count: UInt64) {
        self.offset = offset
        self.count = count
    }
}
