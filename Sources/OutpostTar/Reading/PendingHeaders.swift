// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The headers that describe the next entry.
struct PendingHeaders {
    /// The records of its PAX header. Records of the global headers are in it too, unless the PAX header replaces them.
    var records: PAXRecords?
    var longName: [UInt8]?
    var longLink: [UInt8]?

    var isEmpty: Bool { records == nil && longName == nil && longLink == nil }
}

/// A header that has a body, which the reader is reading.
struct ExtendedHeader {
    enum Kind {
        case records, globalRecords, longName, longLink
    }

    var kind = Kind.records
    /// Bytes of the archive before the header.
    var offset: UInt64 = 0
    /// Bytes of the whole body.
    var size = 0
    var body: [UInt8] = []

    var missing: Int { size - body.count }
}

/// A sparse file whose map the reader is reading.
struct SparseStart {
    var entry = TarEntry(path: [], kind: .file)
    var map = SparseMap(size: 0, offset: 0, limits: .standard)
    var text = SparseMapText()
    /// Stored bytes of the entry that are not read yet, with those of a map of format 1.0.
    var stored: UInt64 = 0
}
