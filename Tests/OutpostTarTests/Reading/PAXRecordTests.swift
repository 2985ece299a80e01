// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostTar
import Testing

/// The records of PAX headers, for one entry and for all.
struct PAXRecordTests {
    private func entries(_ archive: [UInt8]) -> [TarEntry] {
        let reading = Reading(archive + archiveEnd)
        #expect(reading.error == nil)
        return reading.entries
    }

    private func entry(_ records: KeyValuePairs<String, String>, type: Character = "0") throws -> TarEntry {
        try #require(entries(pax(records) + RawHeader("a", type: type).summed).first)
    }

    @Test func recordsTakeThePlaceOfFields() throws {
        let entry = try entry(
            [
                "path": "p=q", "linkpath": "target", "uid": "3000000", "gid": "-2", "mtime": "1700000000.25",
                "uname": "ü", "gname": "g", "comment": "nothing", "atime": "5", "hdrcharset": "BINARY",
            ], type: "2")
        #expect(
            entry
                == TarEntry(
                    path: Array("p=q".utf8), kind: .symbolicLink(target: Array("target".utf8)), uid: 3_000_000, gid: -2,
                    userName: Array("ü".utf8), groupName: Array("g".utf8),
                    modified: TarTime(seconds: 1_700_000_000, nanoseconds: 250_000_000)))
    }

    @Test func theSizeOfARecordCounts() {
        let archive = pax(["size": "3"]) + RawHeader("a", size: 1024).summed + padded("abc") + file("next")
        let reading = Reading(archive + archiveEnd)
        #expect(reading.contents == [Array("abc".utf8), []])
    }

    @Test func aRecordMayReplaceANumberThatIsOutOfRange() {
        let huge = [0x80, 0, 0, 1] + [UInt8](repeating: 0, count: 8)
        let archive = pax(["size": "3"]) + RawHeader("a").with(124, huge).summed + padded("abc")
        #expect(Reading(archive + archiveEnd).contents == [Array("abc".utf8)])
    }

    @Test(arguments: [
        ("0", TarTime(seconds: 0)), ("-1", TarTime(seconds: -1)),
        ("1.5", TarTime(seconds: 1, nanoseconds: 500_000_000)),
        ("-1.5", TarTime(seconds: -2, nanoseconds: 500_000_000)), ("2.", TarTime(seconds: 2)),
        ("1.123456789999", TarTime(seconds: 1, nanoseconds: 123_456_789)), ("-0.0", TarTime(seconds: 0)),
        ("-1.0000000001", TarTime(seconds: -2, nanoseconds: 999_999_999)),
        ("1.000000001", TarTime(seconds: 1, nanoseconds: 1)),
        ("99999999999.1", TarTime(seconds: 99_999_999_999, nanoseconds: 100_000_000)),
    ])
    func timesHaveFractions(text: String, time: TarTime) throws {
        #expect(try entry(["mtime": text]).modified == time)
    }

    @Test func globalRecordsHoldUntilOthersReplaceThem() {
        let archive =
            pax(["uname": "all", "mtime": "7"], type: "g") + file("a") + file("b", "", ["uname": "own"])
            + pax(["uname": "later"], type: "g") + file("c")
        let entries = entries(archive)
        #expect(entries.map(\.userName) == ["all", "own", "later"].map { Array($0.utf8) })
        #expect(entries.map(\.modified.seconds) == [7, 7, 7])
    }

    @Test func anEmptyValueTakesARecordAway() {
        let archive =
            pax(["uname": "all", "mtime": "7"], type: "g") + file("a", "", ["uname": "", "mtime": ""]) + file("b")
            + pax(["uname": ""], type: "g") + file("c")
        let entries = entries(archive)
        #expect(entries.map(\.userName) == ["", "all", ""].map { Array($0.utf8) })
        #expect(entries.map(\.modified.seconds) == [0, 7, 7])
    }

    @Test func theLastOfTwoRecordsCounts() throws {
        #expect(try entry(["path": "first", "path": "second"]).path == Array("second".utf8))
    }

    @Test func attributesComeInTwoForms() throws {
        let body =
            record("SCHILY.xattr.user.plain", [0, 0x0a, 0xff, 0x3d]) + record("LIBARCHIVE.xattr.user.plain", "AAAA")
            + record("LIBARCHIVE.xattr.user.%65ncoded", "AAr/PQ") + record("SCHILY.xattr.user.a%3Db%25%41", "")
        let entry = try #require(entries(header("x", body: body) + file("a")).first)
        #expect(
            entry.attributes == [
                Array("user.plain".utf8): [0, 0x0a, 0xff, 0x3d], Array("user.encoded".utf8): [0, 0x0a, 0xff, 0x3d],
                Array("user.a=b%%41".utf8): [],
            ])
    }

    @Test func namesAndValuesNeedNotBeUTF8() throws {
        let body =
            record("hdrcharset", "BINARY") + record("path", [0xff, 0xfe]) + record("SCHILY.xattr.user.x", [0x80])
        let entry = try #require(entries(header("x", body: body) + file("a")).first)
        #expect(entry.path == [0xff, 0xfe])
        #expect(entry.attributes == [Array("user.x".utf8): [0x80]])
    }

    @Test func solarisHasAnotherLetter() throws {
        #expect(entries(pax(["path": "b"], type: "X") + file("a")).map(\.path) == [Array("b".utf8)])
    }
}
