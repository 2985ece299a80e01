// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostTar
import Testing

/// No archive makes the reader keep more than its limits.
struct LimitTests {
    private let limits = TarLimits(extendedHeaderBytes: 1000, pathBytes: 300, sparseExtents: 5, headersBeforeEntry: 3)

    private func error(_ archive: [UInt8]) -> TarError? { Reading(archive + archiveEnd, limits: limits).error }

    private func expect(_ within: [UInt8], _ beyond: [UInt8], at offset: UInt64) {
        #expect(error(within) == nil)
        #expect(error(beyond)?.code == .limitExceeded)
        #expect(error(beyond)?.offset == offset)
    }

    private func records(_ count: Int, type: Character = "x") -> [UInt8] {
        header(type, body: record("comment", String(repeating: "c", count: count - 13)))
    }

    @Test(arguments: ["x", "g"] as [Character])
    func aPAXHeaderHasALimit(type: Character) {
        expect(records(999, type: type) + file("a"), records(1001, type: type) + file("a"), at: 0)
    }

    @Test func aLengthBeyondTheLimitIsRefusedBeforeTheBytesCome() {
        let huge = RawHeader(type: "x").with(124, [0x80, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])
        #expect(Reading(huge.summed).error?.code == .limitExceeded)
        #expect(Reading(huge.with(156, "L").summed).error?.code == .limitExceeded)
    }

    @Test(arguments: ["L", "K"] as [Character])
    func aLongNameHasALimit(type: Character) {
        let name = [UInt8](repeating: UInt8(ascii: "n"), count: 300)
        expect(
            header(type, body: name + [0]) + file("a"), header(type, body: name + Array("n\0".utf8)) + file("a"), at: 0)
    }

    @Test(arguments: ["path", "linkpath", "GNU.sparse.name"])
    func aNameInARecordHasALimit(keyword: String) {
        func archive(_ count: Int) -> [UInt8] {
            let map = keyword == "GNU.sparse.name" ? record("GNU.sparse.size", "0") : []
            let name = record(keyword, String(repeating: "n", count: count))
            return header("x", body: name + map) + RawHeader("a").summed
        }
        expect(archive(300), archive(301), at: 1024)
    }

    @Test func aMapOfHolesHasALimit() {
        func records(_ count: Int) -> [UInt8] {
            let map = (0..<count).map { "\($0),0" }.joined(separator: ",")
            return file("a", "", ["GNU.sparse.size": "9", "GNU.sparse.map": map])
        }
        func text(_ count: Int) -> [UInt8] {
            let map = padded("\(count)\n" + (0..<count).map { "\($0)\n0\n" }.joined())
            return pax(["GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9"])
                + RawHeader(size: map.count).summed + map
        }
        func blocks(_ count: Int) -> [UInt8] {
            RawHeader.sparse([(1, 0), (2, 0), (3, 0), (4, 0)], stored: 0, size: 9, continues: true).summed
                + sparseBlock((4..<count).map { ($0 + 1, 0) })
        }
        expect(records(5), records(6), at: 1024)
        expect(text(5), text(6), at: 1024)
        expect(blocks(5), blocks(6), at: 0)
    }

    @Test func headersInARowHaveALimit() {
        let global = pax(["uname": "u"], type: "g")
        expect(
            global + global + pax([:]) + file("a") + global + file("b"),
            global + global + global + pax([:]) + file("a"),
            at: 3072)
    }

    @Test(arguments: [0, -1, Int.min, Int.max])
    func noLimitIsTooSmallOrTooLarge(limit: Int) {
        let limits = TarLimits(
            extendedHeaderBytes: limit, pathBytes: limit, sparseExtents: limit, headersBeforeEntry: limit)
        for archive in [header("L", body: Array("b\0".utf8)) + file("a"), pax(["path": "b"]) + file("a"), file("a")] {
            let reading = Reading(archive + archiveEnd, limits: limits)
            #expect(reading.error?.code == (limit == .max ? nil : .limitExceeded))
        }
    }

    @Test func chainsWithoutAnEntryEnd() {
        let global = pax(["comment": "c"], type: "g")
        let reading = Reading(Array(repeatElement(global, count: 10_000).joined()))
        #expect(reading.error?.code == .limitExceeded)
        #expect(reading.error?.offset == UInt64(64 * global.count))
    }
}
