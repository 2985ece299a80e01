// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

extension TarReader {
    /// Begins the entry with the header `header`.
    mutating func begin(_ header: HeaderBlock) throws(TarError) -> Step {
        let records = pending.records ?? globals
        let entry = try EntryHeader(header, records, pending).entry(limits)
        let stored = try header.count(.size, unless: records.size)
        pending = PendingHeaders()
        headers = 0
        let layout = try records.sparse.layout(at: header.offset)
        if header.type == HeaderType.sparse { return try beginOldSparse(entry, header, layout, stored: stored) }
        switch layout {
        case .none: return begin(entry, size: entry.kind == .file ? stored : 0)
        case .records, .content: return try beginSparse(entry, header, records.sparse, layout, stored: stored)
        }
    }

    private mutating func begin(_ entry: TarEntry, size: UInt64) -> Step {
        var entry = entry
        entry.size = size
        cursor = ContentCursor(size: size, extents: entry.extents)
        state = .content
        return .event(.entry(entry))
    }

    private mutating func beginSparse(
        _ entry: TarEntry, _ header: HeaderBlock, _ records: PAXSparse, _ layout: PAXSparse.Layout, stored: UInt64
    ) throws(TarError) -> Step {
        guard entry.kind == .file else {
            throw .badSparseMap(at: header.offset, "belongs to something other than a file")
        }
        guard let size = records.realSize else { throw .badSparseMap(at: header.offset, "has no size of the file") }
        let map = SparseMap(size: size, offset: header.offset, limits: limits)
        sparse = SparseStart(entry: entry, map: map, stored: stored)
        if case .content = layout {
            state = .sparseMapText
            return .next
        }
        try sparse.map.append(records.numbers)
        return try endSparse()
    }

    private mutating func beginOldSparse(
        _ entry: TarEntry, _ header: HeaderBlock, _ layout: PAXSparse.Layout, stored: UInt64
    ) throws(TarError) -> Step {
        guard case .none = layout else { throw .badSparseMap(at: header.offset, "comes twice") }
        guard header.format == .gnu else {
            throw .badSparseMap(at: header.offset, "is in a header whose format has no sparse map")
        }
        let map = SparseMap(size: try header.count(.realSize), offset: header.offset, limits: limits)
        sparse = SparseStart(entry: entry, map: map, stored: stored)
        guard try sparse.map.appendParts(ofHeader: header) else { return try endSparse() }
        state = .oldSparseMap
        return .next
    }

    mutating func readOldSparseMap(_ input: inout ArraySlice<UInt8>) throws(TarError) -> Step {
        guard let block = readBlock(&input) else { return .needsInput }
        return try sparse.map.appendParts(ofBlock: block) ? .next : endSparse()
    }

    mutating func readSparseMapText(_ input: inout ArraySlice<UInt8>) throws(TarError) -> Step {
        let size = UInt64(HeaderBlock.size)
        // The map is the first part of the stored bytes.
        guard sparse.stored >= size else {
            throw .badSparseMap(at: sparse.map.offset, "is longer than the stored bytes")
        }
        guard let block = readBlock(&input) else { return .needsInput }
        sparse.stored -= size
        return try sparse.text.append(block, to: &sparse.map) ? endSparse() : .next
    }

    /// Begins the entry after its map is complete.
    private mutating func endSparse() throws(TarError) -> Step {
        var entry = sparse.entry
        entry.extents = try sparse.map.checked(stored: sparse.stored)
        let size = sparse.map.size
        sparse = SparseStart()
        return begin(entry, size: size)
    }
}
