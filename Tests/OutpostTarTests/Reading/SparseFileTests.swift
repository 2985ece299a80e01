// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostTar
import Testing

/// Sparse files in the four forms that GNU tar has had.
struct SparseFileTests {
    private static let size: UInt64 = 5000
    private static let extents = [TarExtent(offset: 1000, count: 3), TarExtent(offset: 4000, count: 2)]
    private static let events: [Reading.Event] = [
        .hole(offset: 0, count: 1000), .data(Array("abc".utf8), offset: 1000), .hole(offset: 1003, count: 2997),
        .data(Array("de".utf8), offset: 4000), .hole(offset: 4002, count: 998), .endOfEntry,
    ]

    private func expectSparse(_ archive: [UInt8], path: String) throws {
        let reading = Reading(archive + file("next", "x") + archiveEnd)
        #expect(reading.error == nil)
        let entry = try #require(reading.entries.first)
        #expect(entry.path == Array(path.utf8))
        #expect(entry.size == Self.size)
        #expect(entry.extents == Self.extents)
        #expect(entry.storedSize == 5)
        #expect(Array(reading.events.dropFirst().prefix(6)) == Self.events)
        #expect(reading.contents.last == Array("x".utf8))
    }

    @Test func theMapIsInAHeaderOfGNUTar() throws {
        let header = RawHeader.sparse([(1000, 3), (4000, 2), (5000, 0)], stored: 5, size: 5000)
        try expectSparse(header.summed + padded("abcde"), path: "sparse")
    }

    @Test func theMapIsInRecordsThatRepeat() throws {
        let records = pax([
            "GNU.sparse.size": "5000", "GNU.sparse.numblocks": "2", "GNU.sparse.offset": "1000",
            "GNU.sparse.numbytes": "3", "GNU.sparse.offset": "4000", "GNU.sparse.numbytes": "2",
        ])
        try expectSparse(records + file("f", "abcde"), path: "f")
    }

    @Test func theMapIsInOneRecord() throws {
        let records = pax([
            "GNU.sparse.size": "5000", "GNU.sparse.numblocks": "3", "GNU.sparse.name": "real",
            "GNU.sparse.map": "1000,3,4000,2,5000,0", "path": "GNUSparseFile.1/real",
        ])
        try expectSparse(records + file("GNUSparseFile.1/real", "abcde"), path: "real")
    }

    @Test func theMapIsBeforeTheContent() throws {
        let records = pax([
            "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "real", "GNU.sparse.realsize": "5000",
        ])
        let map = padded("3\n1000\n3\n4000\n2\n5000\n0\n")
        let header = RawHeader("GNUSparseFile.1/real", size: map.count + 5).summed
        try expectSparse(records + header + map + padded("abcde"), path: "real")
    }

    @Test func aLongMapIsInBlocksBehindTheHeader() {
        let parts = (0..<(4 + 21 + 1)).map { ($0 * 10, 1) }
        let header = RawHeader.sparse(Array(parts.prefix(4)), stored: 26, size: 300, continues: true)
        let archive =
            header.summed + sparseBlock(Array(parts[4..<25]), continues: true)
            + sparseBlock(Array(parts[25...])) + padded(String(repeating: "x", count: 26))
        let reading = Reading(archive + archiveEnd)
        #expect(reading.error == nil)
        #expect(reading.entries.first?.extents?.count == 26)
        let expected = (0..<300).map { $0 < 260 && $0 % 10 == 0 ? UInt8(ascii: "x") : 0 }
        #expect(reading.contents == [expected])
    }

    @Test func aLongMapIsInManyBlocksOfText() {
        let parts = 300
        let text = "\(parts)\n" + (0..<parts).map { "\($0 * 2)\n1\n" }.joined()
        let records = pax(["GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "600"])
        let header = RawHeader("a", size: padded(text).count + parts).summed
        let content = padded(String(repeating: "x", count: parts))
        let reading = Reading(records + header + padded(text) + content + archiveEnd)
        #expect(reading.error == nil)
        #expect(reading.entries.first?.path == Array("a".utf8))
        #expect(reading.contents.first?.count == 600)
    }

    @Test func aFileMayBeOneHole() {
        let reading = Reading(RawHeader.sparse([(1 << 32, 0)], stored: 0, size: 1 << 32).summed + archiveEnd)
        #expect(reading.entries.first?.extents == [])
        #expect(reading.events.dropFirst().first == .hole(offset: 0, count: 1 << 32))
    }
}

/// A block of a map behind a header of GNU tar.
func sparseBlock(_ parts: [(Int, Int)], continues: Bool = false) -> [UInt8] {
    var block = zeroBlock
    for (position, part) in parts.enumerated() {
        let text = Array((octal(part.0) + "\0" + octal(part.1) + "\0").utf8)
        block.replaceSubrange((24 * position)..<(24 * position + 24), with: text)
    }
    if continues { block[504] = 1 }
    return block
}
