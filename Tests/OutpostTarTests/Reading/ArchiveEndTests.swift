// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostTar
import Testing

/// The ways in which archives end, and what may follow.
struct ArchiveEndTests {
    @Test func anArchiveEndsInThreeWays() {
        let entry = file("a", "abc")
        #expect(Reading(entry + archiveEnd).events.last == .endOfArchive(.twoZeroBlocks))
        #expect(Reading(entry + zeroBlock).events.last == .endOfArchive(.oneZeroBlock))
        #expect(Reading(entry).events.last == .endOfArchive(.endOfInput))
        #expect(Reading([]).events == [.endOfArchive(.endOfInput)])
    }

    @Test func zerosBehindTheEndArePadding() {
        let reading = Reading(file("a") + archiveEnd + [UInt8](repeating: 0, count: 8193))
        #expect(reading.events.last == .endOfArchive(.twoZeroBlocks))
        #expect(!reading.hasTrailingData)
        #expect(reading.error == nil)
    }

    @Test(arguments: [1, 511, 512, 513, 4096])
    func whatFollowsTheEndIsToldAndNotRead(count: Int) {
        let trailing = [UInt8](repeating: 0, count: count - 1) + [1]
        let reading = Reading(file("a") + archiveEnd + trailing)
        #expect(reading.events.last == .endOfArchive(.twoZeroBlocks))
        #expect(reading.hasTrailingData)
        #expect(reading.offset == UInt64(512 + 1024 + count))
    }

    @Test func oneZeroBlockEndsTheArchiveWhateverFollows() {
        let reading = Reading(file("a") + zeroBlock + file("b") + archiveEnd)
        #expect(reading.entries.map(\.path) == [Array("a".utf8)])
        #expect(reading.events.last == .endOfArchive(.oneZeroBlock))
        #expect(reading.hasTrailingData)
    }

    @Test func anArchiveCutOffAnywhereIsTruncatedOrEndsWhereAHeaderCouldBegin() {
        let parts = [file("a", "abc", ["path": "long"]), file("b"), zeroBlock, zeroBlock]
        let ends = parts.indices.map { parts[0...$0].joined().count }
        let archive = Array(parts.joined())
        for count in 0..<archive.count {
            let reading = Reading(Array(archive.prefix(count)))
            let isEnd = count == 0 || ends.contains(count) || count > ends[2]
            #expect(reading.error?.code == (isEnd ? nil : count == 1024 ? .misplacedHeader : .truncated), "\(count)")
            if !isEnd, count != 1024 { #expect(reading.error?.offset == UInt64(count)) }
        }
    }

    @Test func anErrorStays() {
        var reader = TarReader()
        var archive = RawHeader().with(sum: .wrong).summed[...]
        let first = #expect(throws: TarError.self) { try reader.next(&archive) }
        var rest = (file("a") + archiveEnd)[...]
        #expect(first == #expect(throws: TarError.self) { try reader.next(&rest) })
        #expect(first == #expect(throws: TarError.self) { try reader.finish() })
        #expect(first?.description == "the checksum of the header at byte 0 is wrong")
    }

    @Test func dataIsAPartOfTheInput() throws {
        var reader = TarReader()
        let archive = file("a", "abcdef")
        var rest = archive[...]
        _ = try reader.next(&rest)
        guard case .data(let piece, offset: 0) = try reader.next(&rest) else { return #expect(Bool(false)) }
        #expect(piece.indices == 512..<518)
    }
}
