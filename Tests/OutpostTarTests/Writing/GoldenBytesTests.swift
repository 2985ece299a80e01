// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostTar
import Testing

/// The bytes of headers, written down.
struct GoldenBytesTests {
    private func begin(_ entry: TarEntry, keepsNanoseconds: Bool = false) throws -> [UInt8] {
        var writer = TarWriter(keepsNanoseconds: keepsNanoseconds)
        return try writer.begin(entry)
    }

    /// A header with these fields at these places and zeros elsewhere.
    private func block(_ fields: KeyValuePairs<Int, String>) -> [UInt8] {
        var bytes = zeroBlock
        for (position, text) in fields {
            bytes.replaceSubrange(position..<(position + text.utf8.count), with: text.utf8)
        }
        return bytes
    }

    private let entry = TarEntry(
        path: Array("dir/file".utf8), kind: .file, mode: 0o755, uid: 1000, gid: 100, userName: Array("user".utf8),
        groupName: Array("users".utf8), size: 5, modified: TarTime(seconds: 1_700_000_000, nanoseconds: 120_000_000))

    private func ustar(checksum: String, size: String = "00000000005", uid: String = "0001750") -> [UInt8] {
        block([
            0: "dir/file", 100: "0000755", 108: uid, 116: "0000144", 124: size, 136: "14524770400",
            148: "\(checksum)\0 ", 156: "0", 257: "ustar\u{0}00", 265: "user", 297: "users", 329: "0000000",
            337: "0000000",
        ])
    }

    private func paxHeader(size: String, checksum: String) -> [UInt8] {
        block([
            0: "././@PaxHeader", 100: "0000644", 108: "0000000", 116: "0000000", 124: size, 136: "00000000000",
            148: "\(checksum)\0 ", 156: "x", 257: "ustar\u{0}00", 329: "0000000", 337: "0000000",
        ])
    }

    @Test func anEntryThatFitsIsOneUstarHeader() throws {
        #expect(try begin(entry) == ustar(checksum: "012674"))
    }

    @Test func whatDoesNotFitIsInAPAXHeader() throws {
        var entry = entry
        entry.uid = 3_000_000
        entry.attributes = [Array("user.b".utf8): [0xff], Array("user.a=".utf8): []]
        let records = "15 uid=3000000\n" + "27 SCHILY.xattr.user.a%3D=\n"
        let body = Array(records.utf8) + Array("25 SCHILY.xattr.user.b=".utf8) + [0xff] + Array("\n".utf8)
        let expected =
            paxHeader(size: "00000000103", checksum: "011465") + padded(body)
            + ustar(checksum: "012657", uid: "0000000")
        #expect(try begin(entry) == expected)
    }

    @Test func timesHaveFractionsWhenTheyAreAskedFor() throws {
        let record = "23 mtime=1700000000.12\n"
        let bytes = try begin(entry, keepsNanoseconds: true)
        #expect(Array(bytes[512..<1024]) == padded(record))
        #expect(Array(bytes[1024...]) == ustar(checksum: "012674"))
    }

    @Test func namesThatAreNotUTF8ComeBehindARecordThatSaysSo() throws {
        let path = [UInt8](repeating: 0xff, count: 101)
        let bytes = try begin(TarEntry(path: path, kind: .file))
        let body = Array("21 hdrcharset=BINARY\n111 path=".utf8) + path + Array("\n".utf8)
        #expect(Array(bytes[512..<1024]) == padded(body))
    }

    @Test func aSparseFileIsOfFormatOneZero() throws {
        var entry = entry
        entry.size = 1 << 33
        entry.extents = [TarExtent(offset: 4096, count: 5)]
        let bytes = try begin(entry)
        let records = """
            22 GNU.sparse.major=1
            22 GNU.sparse.minor=0
            28 GNU.sparse.name=dir/file
            34 GNU.sparse.realsize=8589934592

            """
        #expect(Array(bytes[512..<1024]) == padded(records))
        #expect(Array(bytes[1024..<1048]) == Array("GNUSparseFile.0/dir/file".utf8))
        #expect(Array(bytes[1148..<1160]) == Array("00000001005\0".utf8))
        #expect(Array(bytes[1536...]) == padded("2\n4096\n5\n8589934592\n0\n"))
    }

    @Test func anArchiveEndsWithTwoBlocksOfZeros() throws {
        var writer = TarWriter()
        #expect(try writer.finish() == archiveEnd)
    }
}
