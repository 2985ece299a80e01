// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What headers before an entry say about it.
struct PendingHeaders {
    /// The records of its PAX header, with those of the global headers under them.
    var records: PAXRecords?
    var longName: [UInt8]?
    var longLink: [UInt8]?

    var isEmpty: Bool { records == nil && longName == nil && longLink == nil }
}

/// A header whose body the reader is collecting.
struct ExtendedHeader {
    enum Kind {
        case records, globalRecords, longName, longLink
    }

    var kind = Kind.records
    /// Bytes of the archive before the header.
    var offset: UInt64 = 0
    /// Bytes of the body in all.
    var size = 0
    var body: [UInt8] = []

    var missing: Int { size - body.count }
}

/// An entry whose map of holes the reader is reading.
struct SparseStart {
    var entry = TarEntry(path: [], kind: .file)
    var map = SparseMap(size: 0, offset: 0, limits: .standard)
    var text = SparseMapText()
    /// Bytes that are stored for the entry and still to come. A map of format 1.0 is among them.
    var stored: UInt64 = 0
}
