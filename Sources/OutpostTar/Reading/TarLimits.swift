// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// How much an archive may make the reader keep. A reader holds no more than a small multiple of the sum of these,
/// whatever the archive says; no number in the archive reserves memory before the bytes are there.
public struct TarLimits: Hashable, Sendable {
    /// Bytes of one PAX header.
    public var extendedHeaderBytes: Int
    /// Bytes of a path, and of the target of a link.
    public var pathBytes: Int
    /// Parts with data in the map of one sparse file.
    public var sparseExtents: Int
    /// Headers in a row that describe the next entry, or all entries, and are none themselves.
    public var headersBeforeEntry: Int

    /// Limits that no honest archive reaches.
    public static let standard = TarLimits()

    /// Limits in bytes and in numbers of headers; what is not given has its standard value.
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
