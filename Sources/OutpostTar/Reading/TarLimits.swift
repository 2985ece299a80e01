// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The bounds of the reader's memory. Whatever the archive says, a reader holds at most a small multiple of the sum of
/// these. A number in the archive never reserves memory before the bytes arrive.
public struct TarLimits: Hashable, Sendable {
    /// Limits that no honest archive reaches.
    public static let standard = TarLimits()

    /// The most bytes of one PAX header.
    public var extendedHeaderBytes: Int
    /// The most bytes of a path and of the target of a link.
    public var pathBytes: Int
    /// The most parts with data in the map of one sparse file.
    public var sparseExtents: Int
    /// The most headers before one entry that describe it or all entries.
    public var headersBeforeEntry: Int

    /// Makes limits with the standard values as defaults.
    public init(
        extendedHeaderBytes: Int = 1 << 20, pathBytes: Int = 1 << 16, sparseExtents: Int = 1 << 17,
        headersBeforeEntry: Int = 64
    ) {
        self.extendedHeaderBytes = extendedHeaderBytes
        self.pathBytes = pathBytes
        self.sparseExtents = sparseExtents
        self.headersBeforeEntry = headersBeforeEntry
    }
}
