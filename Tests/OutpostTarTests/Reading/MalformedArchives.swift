// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostTar
import Testing

/// An archive that must be refused, with the code and the place of the refusal.
struct MalformedArchive: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let code: TarError.Code
    let offset: UInt64

    init(_ description: String, _ bytes: [UInt8], _ code: TarError.Code, at offset: UInt64 = 0) {
        testDescription = description
        self.bytes = bytes
        self.code = code
        self.offset = offset
    }

    static let all = headers + names + sequences + records + oldSparse + textSparse + recordSparse

    private static let headers = [
        MalformedArchive("wrong checksum", RawHeader().with(sum: .wrong).summed, .badChecksum),
        MalformedArchive("checksum that is no number", RawHeader().summed.replaced(148, "xxxxxx"), .badChecksum),
        MalformedArchive("wrong checksum of the second", file("a") + zeroBlock.replaced(5, "x"), .badChecksum, at: 512),
        MalformedArchive("unknown type", RawHeader(type: "9").summed, .unknownType),
        MalformedArchive("label of a volume", RawHeader(type: "V").summed, .unknownType),
        MalformedArchive("rest of a file of another volume", RawHeader(type: "M").summed, .unknownType),
        MalformedArchive("size that is no number", RawHeader().with(124, "12x45678901\0").summed, .badNumber),
        MalformedArchive("digits 8 and 9", RawHeader().with(108, "0000008\0").summed, .badNumber),
        MalformedArchive("minus sign", RawHeader().with(124, "-0000000001\0").summed, .badNumber),
        MalformedArchive("digits behind a space", RawHeader().with(124, "1 2\0        ").summed, .badNumber),
        MalformedArchive("digits behind a NUL", RawHeader().with(124, "\u{0}0000000012").summed, .badNumber),
        MalformedArchive("mode that is no number", RawHeader().with(100, "rwxr-xr-").summed, .badNumber),
        MalformedArchive("time that is no number", RawHeader().with(136, "yesterday\0").summed, .badNumber),
        MalformedArchive("device that is no number", RawHeader(type: "3").with(329, "x").summed, .badNumber),
        MalformedArchive(
            "negative size", RawHeader().with(124, [UInt8](repeating: 0xff, count: 12)).summed, .numberOutOfRange),
        MalformedArchive(
            "size of 2^63", RawHeader().with(124, [0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0]).summed, .numberOutOfRange),
        MalformedArchive(
            "size of 2^64", RawHeader().with(124, [0x80, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]).summed, .numberOutOfRange),
        MalformedArchive(
            "size of 2^94", RawHeader().with(124, [0xbf] + [UInt8](repeating: 0xff, count: 11)).summed,
            .numberOutOfRange),
        MalformedArchive(
            "device of 2^32", RawHeader(type: "4").with(337, [0x80, 0, 0, 1, 0, 0, 0, 0]).summed, .numberOutOfRange),
    ]

    private static let names = [
        MalformedArchive("empty long name", header("L", body: [0]) + file("a"), .badName),
        MalformedArchive("long name of no bytes", header("L", body: []) + file("a"), .badName),
        MalformedArchive("NUL in a path", pax(["path": "a\0b"]) + file("a"), .badName),
        MalformedArchive("NUL in a target", pax(["linkpath": "\0"]) + file("a"), .badName),
        MalformedArchive("NUL in a user's name", pax(["uname": "a\0"]) + file("a"), .badName),
        MalformedArchive(
            "empty name of a sparse file", pax(["GNU.sparse.name": "", "GNU.sparse.size": "0"]) + file("a"), .badName),
        MalformedArchive("attribute without a name", pax(["SCHILY.xattr.": "x"]) + file("a"), .badName),
        MalformedArchive("NUL in an attribute's name", pax(["SCHILY.xattr.a\0": "x"]) + file("a"), .badName),
        MalformedArchive(
            "encoded NUL in an attribute's name", pax(["LIBARCHIVE.xattr.a%00": ""]) + file("a"), .badName),
    ]

    private static let longName = header("L", body: Array("b\0".utf8))
    private static let longLink = header("K", body: Array("b\0".utf8))

    private static let sequences = [
        MalformedArchive("long name and no entry", longName + archiveEnd, .misplacedHeader, at: 1536),
        MalformedArchive("long name and no more", longName, .misplacedHeader, at: 1024),
        MalformedArchive("records and no entry", pax(["path": "b"]) + archiveEnd, .misplacedHeader, at: 1536),
        MalformedArchive("two long names", longName + longName + file("a"), .misplacedHeader, at: 1024),
        MalformedArchive("two long targets", longLink + longName + longLink + file("a"), .misplacedHeader, at: 2048),
        MalformedArchive("two headers with records", pax([:]) + pax([:]) + file("a"), .misplacedHeader, at: 512),
        MalformedArchive("global records for one entry", pax([:]) + pax([:], type: "g"), .misplacedHeader, at: 512),
        MalformedArchive(
            "long name and path", longName + pax(["path": "c"]) + file("a"), .misplacedHeader, at: 2048),
        MalformedArchive(
            "path and long name", pax(["path": "c"]) + longName + file("a"), .misplacedHeader, at: 2048),
        MalformedArchive(
            "long target and target", longLink + pax(["linkpath": "c"]) + RawHeader(type: "2").summed, .misplacedHeader,
            at: 2048),
        MalformedArchive(
            "long name and name of a sparse file",
            longName + file("a", "", ["GNU.sparse.name": "c", "GNU.sparse.size": "0"]), .misplacedHeader, at: 2048),
        MalformedArchive("cut off in a header", Array(file("a").prefix(511)), .truncated, at: 511),
        MalformedArchive("cut off in content", Array(file("a", "abc").prefix(514)), .truncated, at: 514),
        MalformedArchive("cut off in padding", Array(file("a", "abc").prefix(600)), .truncated, at: 600),
        MalformedArchive("cut off in records", Array(pax(["path": "b"]).prefix(515)), .truncated, at: 515),
    ]

    private static func records(_ text: String) -> [UInt8] { header("x", body: Array(text.utf8)) + file("a") }

    private static let records = [
        MalformedArchive("length that is no number", records("x path=b\n"), .badRecord),
        MalformedArchive("negative length", records("-9 path=b\n"), .badRecord),
        MalformedArchive("no length", records(" path=b\n"), .badRecord),
        MalformedArchive("length of nothing", records("0 path=b\n"), .badRecord),
        MalformedArchive("length of its own digits", records("2 path=b\n"), .badRecord),
        MalformedArchive("length behind the header", records("11 path=b\n"), .badRecord),
        MalformedArchive("length before the new line", records("8 path=b\n"), .badRecord),
        MalformedArchive("length of 2^64", records("18446744073709551616 path=b\n"), .badRecord),
        MalformedArchive("length of 2^64 - 1", records("18446744073709551615 path=b\n"), .badRecord),
        MalformedArchive("record without a value", records("8 path\n\n"), .badRecord),
        MalformedArchive("record without a keyword", records("5 =b\n"), .badRecord),
        MalformedArchive("no space", records("path=b\n"), .badRecord),
        MalformedArchive("zeros behind the records", records("10 path=b\n\0\0"), .badRecord),
        MalformedArchive("attribute that is not base64", pax(["LIBARCHIVE.xattr.a": "A*=="]) + file("a"), .badRecord),
        MalformedArchive("base64 of five digits", pax(["LIBARCHIVE.xattr.a": "AAAAA"]) + file("a"), .badRecord),
        MalformedArchive("attribute for all", pax(["SCHILY.xattr.user.a": "x"], type: "g") + file("a"), .badRecord),
        MalformedArchive("size for all", pax(["size": "1"], type: "g") + file("a"), .badRecord),
        MalformedArchive("path for all", pax(["path": "b"], type: "g") + file("a"), .badRecord),
        MalformedArchive("target for all", pax(["linkpath": ""], type: "g") + file("a"), .badRecord),
        MalformedArchive("holes for all", pax(["GNU.sparse.size": "1"], type: "g") + file("a"), .badRecord),
        MalformedArchive(
            "size that is no number under a record", pax(["size": "0"]) + RawHeader().with(124, "x").summed, .badNumber,
            at: 1024),
        MalformedArchive("size in hexadecimal", pax(["size": "0x10"]) + file("a"), .badNumber),
        MalformedArchive("negative size in records", pax(["size": "-1"]) + file("a"), .badNumber),
        MalformedArchive(
            "size of 2^63 in records", pax(["size": "9223372036854775808"]) + file("a"), .numberOutOfRange),
        MalformedArchive("id of 2^63", pax(["uid": "9223372036854775808"]) + file("a"), .numberOutOfRange),
        MalformedArchive("two minus signs", pax(["mtime": "--1"]) + file("a"), .badNumber),
        MalformedArchive("two points", pax(["mtime": "1.2.3"]) + file("a"), .badNumber),
        MalformedArchive("time without seconds", pax(["mtime": ".5"]) + file("a"), .badNumber),
        MalformedArchive("time with an exponent", pax(["mtime": "1e9"]) + file("a"), .badNumber),
    ]

    private static func sparse(_ parts: [(Int, Int)], stored: Int = 0, size: Int = 100) -> [UInt8] {
        RawHeader.sparse(parts, stored: stored, size: size).summed + padded(String(repeating: "x", count: stored))
    }

    private static let full = [(0, 1), (10, 1), (20, 1), (30, 1)]

    private static let oldSparse = [
        MalformedArchive("parts that overlap", sparse([(0, 10), (5, 10)], stored: 20), .badSparseMap),
        MalformedArchive("parts that run backwards", sparse([(50, 10), (5, 10)], stored: 20), .badSparseMap),
        MalformedArchive("empty part that runs backwards", sparse([(50, 0), (5, 10)], stored: 10), .badSparseMap),
        MalformedArchive("part behind the end", sparse([(101, 0)]), .badSparseMap),
        MalformedArchive("part over the end", sparse([(95, 6)], stored: 6), .badSparseMap),
        MalformedArchive("less stored than the map has", sparse([(0, 10)], stored: 9), .badSparseMap),
        MalformedArchive("more stored than the map has", sparse([(0, 10)], stored: 11), .badSparseMap),
        MalformedArchive("real size below what is stored", sparse([(0, 10)], stored: 10, size: 5), .badSparseMap),
        MalformedArchive(
            "offset and size whose sum overflows",
            RawHeader.sparse([(0, 0)], stored: 0, size: 100).with(386, [0x80] + [UInt8](repeating: 0xff, count: 11))
                .summed, .numberOutOfRange),
        MalformedArchive(
            "map that goes on behind its end", RawHeader.sparse([(0, 1)], stored: 1, size: 9, continues: true).summed,
            .badSparseMap),
        MalformedArchive(
            "block of a map without parts",
            RawHeader.sparse(full, stored: 4, size: 100, continues: true).summed + sparseBlock([], continues: true),
            .badSparseMap),
        MalformedArchive(
            "map that is cut off", RawHeader.sparse(full, stored: 4, size: 100, continues: true).summed, .truncated,
            at: 512),
        MalformedArchive(
            "offset that is no number", RawHeader.sparse([], stored: 0, size: 1).with(386, "x").summed, .badNumber),
        MalformedArchive("sparse file of POSIX", RawHeader(type: "S").summed, .badSparseMap),
    ]

    private static func text(_ map: String, stored: Int? = nil, size: String = "100") -> [UInt8] {
        let map = padded(map)
        return pax(["GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": size])
            + RawHeader(size: stored ?? map.count).summed + map
    }

    private static let textSparse = [
        MalformedArchive("map longer than what is stored", text("1\n0\n", stored: 511), .badSparseMap, at: 1024),
        MalformedArchive("map without an end", text("9" + String(repeating: "\n1", count: 9)), .badSparseMap, at: 1024),
        MalformedArchive("map of letters", text("x\n"), .badSparseMap, at: 1024),
        MalformedArchive("map with a negative number", text("1\n-1\n1\n"), .badSparseMap, at: 1024),
        MalformedArchive("map with an empty line", text("1\n\n1\n"), .badSparseMap, at: 1024),
        MalformedArchive("number of 2^64", text("1\n18446744073709551616\n0\n"), .badSparseMap, at: 1024),
        MalformedArchive("endless number", text(String(repeating: "0", count: 512)), .badSparseMap, at: 1024),
        MalformedArchive("parts in text that overlap", text("2\n0\n9\n8\n1\n"), .badSparseMap, at: 1024),
        MalformedArchive("2^62 parts", text("4611686018427387904\n"), .limitExceeded, at: 1024),
        MalformedArchive("missing content", text("1\n0\n5\n"), .badSparseMap, at: 1024),
        MalformedArchive("map for a directory", text("0\n").replacedType("5"), .badSparseMap, at: 1024),
        MalformedArchive("map that is cut off in text", text("1\n", stored: 9999).dropLast(1), .truncated, at: 2047),
    ]

    private static func recorded(_ records: KeyValuePairs<String, String>) -> [UInt8] { pax(records) + file("a") }

    private static let recordSparse = [
        MalformedArchive(
            "two offsets", recorded(["GNU.sparse.offset": "1", "GNU.sparse.offset": "2"]), .badSparseMap),
        MalformedArchive("size without an offset", recorded(["GNU.sparse.numbytes": "1"]), .badSparseMap),
        MalformedArchive(
            "offset without a size", recorded(["GNU.sparse.size": "9", "GNU.sparse.offset": "1"]), .badSparseMap,
            at: 1024),
        MalformedArchive(
            "half a part", recorded(["GNU.sparse.size": "9", "GNU.sparse.map": "1,0,2"]), .badSparseMap, at: 1024),
        MalformedArchive("no size", recorded(["GNU.sparse.map": "1,0"]), .badSparseMap, at: 1024),
        MalformedArchive(
            "wrong number of parts",
            recorded(["GNU.sparse.size": "9", "GNU.sparse.numblocks": "2", "GNU.sparse.map": "1,0"]), .badSparseMap,
            at: 1024),
        MalformedArchive(
            "unknown version", recorded(["GNU.sparse.major": "2", "GNU.sparse.minor": "0"]), .badSparseMap, at: 1024),
        MalformedArchive("two maps", recorded(["GNU.sparse.map": "1,0", "GNU.sparse.map": "1,0"]), .badSparseMap),
        MalformedArchive("map with an empty number", recorded(["GNU.sparse.map": "1,,2"]), .badNumber),
        MalformedArchive(
            "map in records and in text",
            recorded(["GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.map": "1,0"]), .badSparseMap,
            at: 1024),
        MalformedArchive(
            "map in records and in the header",
            pax(["GNU.sparse.size": "9", "GNU.sparse.map": "1,0"])
                + RawHeader.sparse([(1, 0)], stored: 0, size: 9).summed, .badSparseMap, at: 1024),
    ]
}

extension [UInt8] {
    fileprivate func replaced(_ position: Int, _ text: String) -> [UInt8] {
        var bytes = self
        bytes.replaceSubrange(position..<(position + text.utf8.count), with: text.utf8)
        return bytes
    }

    /// With another type of the header behind the PAX header, which has one block of records.
    fileprivate func replacedType(_ type: Character) -> [UInt8] {
        Array(prefix(1024)) + RawHeader(type: type, size: 512).summed + dropFirst(1536)
    }
}
