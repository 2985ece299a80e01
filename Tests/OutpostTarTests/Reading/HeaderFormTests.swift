// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostTar
import Testing

/// Headers of every layout, and what they say.
struct HeaderFormTests {
    private func entry(_ archive: [UInt8]) throws -> TarEntry {
        let reading = Reading(archive + archiveEnd)
        #expect(reading.error == nil)
        #expect(reading.events.last == .endOfArchive(.twoZeroBlocks))
        return try #require(reading.entries.first)
    }

    @Test func aUstarHeaderGivesEveryField() throws {
        let header = RawHeader("name", type: "0", size: 3).with(100, "0006755\0").with(108, "0001750\0")
            .with(116, "0001751\0").with(136, "14523365000\0").with(265, "user").with(297, "group").with(
                345, "some/prefix")
        #expect(
            try entry(header.summed + padded("abc"))
                == TarEntry(
                    path: Array("some/prefix/name".utf8), kind: .file, mode: 0o6755, uid: 1000, gid: 1001,
                    userName: Array("user".utf8), groupName: Array("group".utf8), size: 3,
                    modified: TarTime(seconds: 0o14523365000)))
    }

    @Test func namesMayFillTheirFields() throws {
        let name = String(repeating: "n", count: 100), prefix = String(repeating: "p", count: 155)
        let link = String(repeating: "l", count: 100)
        let header = RawHeader(name, type: "2").with(345, prefix).with(157, link)
        let entry = try entry(header.summed)
        #expect(entry.path == Array("\(prefix)/\(name)".utf8))
        #expect(entry.kind == .symbolicLink(target: Array(link.utf8)))
    }

    @Test(
        arguments: [
            ("\0", TarKind.file), ("0", .file), ("7", .file), ("5", .directory), ("6", .fifo),
            ("1", .hardLink(target: [0x74])), ("2", .symbolicLink(target: [0x74])),
            ("3", .characterDevice(TarDevice(major: 8, minor: 1))), ("4", .blockDevice(TarDevice(major: 8, minor: 1))),
        ] as [(Character, TarKind)])
    func eachTypeIsAKind(type: Character, kind: TarKind) throws {
        let header = RawHeader("a", type: type).with(157, "t").with(329, "0000010\0").with(337, "0000001\0")
        #expect(try entry(header.summed).kind == kind)
    }

    @Test func onlyFilesHaveContent() throws {
        for type in "12345" + "6" {
            let archive = RawHeader("a", type: type, size: 1000).with(157, "t").summed + file("next")
            let reading = Reading(archive + archiveEnd)
            #expect(reading.error == nil)
            #expect(reading.entries.map(\.size) == [0, 0], "type \(type)")
        }
    }

    @Test func aHeaderOfV7HasNoNamesAndNoPrefix() throws {
        let header = RawHeader("dir/", type: "\0").with(257, [UInt8](repeating: 0, count: 8)).with(265, "user")
            .with(345, "prefix")
        #expect(try entry(header.summed) == TarEntry(path: Array("dir/".utf8), kind: .directory))
    }

    @Test func aHeaderOfGNUTarHasNoPrefix() throws {
        let header = RawHeader("name").with(257, "ustar  \0").with(345, "14523365000\0")
        #expect(try entry(header.summed).path == Array("name".utf8))
    }

    @Test func signedAndUnsignedChecksumsAreRight() throws {
        let header = RawHeader("a").with(0, [0xff, 0x80, 0xe9])
        #expect(try entry(header.with(sum: .signed).summed) == entry(header.summed))
    }

    @Test func numbersHaveManySpellings() throws {
        let spellings: [([UInt8], Int64)] = [
            (Array("0000017\0".utf8), 15), (Array("    17 \0".utf8), 15), (Array("17\0\0\0\0\0\0".utf8), 15),
            (Array("00000017".utf8), 15), (Array("        ".utf8), 0), ([UInt8](repeating: 0, count: 8), 0),
            (Array("17\0junk!".utf8), 15), ([0x80, 0, 0, 0, 0, 0x20, 0, 0], 1 << 21),
            ([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe], -2), ([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0], -(1 << 32)),
            ([0x80, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], (1 << 32) - 1),
        ]
        for (bytes, value) in spellings {
            #expect(try entry(RawHeader().with(108, bytes).summed).uid == value, "\(bytes)")
        }
    }

    @Test func sizesOfManyGibibytesAreInBase256() throws {
        let reading = Reading(RawHeader().with(124, [0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0]).summed)
        #expect(reading.entries.first?.size == 2 << 32)
        #expect(reading.error?.code == .truncated)
    }

    @Test func longNamesOfGNUTarReplaceTheHeaders() throws {
        let name = String(repeating: "n", count: 600), link = String(repeating: "l", count: 300)
        let archive = header("K", body: Array("\(link)\0".utf8)) + header("L", body: Array("\(name)\0ignored".utf8))
        let entry = try entry(archive + RawHeader("short", type: "2").with(257, "ustar  \0").with(157, "short").summed)
        #expect(entry.path == Array(name.utf8))
        #expect(entry.kind == .symbolicLink(target: Array(link.utf8)))
    }

    @Test func namesAreBytes() throws {
        let name: [UInt8] = [0xff, 0x0a, 0x2e, 0x2e, 0x2f, 0xc3]
        #expect(try entry(RawHeader("").with(0, name).summed).path == name)
        #expect(try entry(RawHeader("").summed).path == [])
    }
}
