// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostTar
import Testing

/// What is written is what is read.
struct RoundTripTests {
    @Test(arguments: UInt64(1)...80)
    func entriesComeBackAsTheyWereWritten(seed: UInt64) throws {
        let archive = try GeneratedArchive(seed: seed, entries: 30)
        let reading = Reading(archive.bytes)
        #expect(reading.error == nil)
        #expect(reading.entries == archive.entries)
        #expect(reading.contents == archive.contents)
        #expect(reading.events.last == .endOfArchive(.twoZeroBlocks))
        #expect(reading.offset == UInt64(archive.bytes.count))
    }

    @Test func theSameEntriesAreTheSameBytes() throws {
        #expect(try GeneratedArchive(seed: 7, entries: 50).bytes == GeneratedArchive(seed: 7, entries: 50).bytes)
    }

    @Test func longFilesAndFileNamesDoNotNeedAPAXHeaderBeforeTheyMust() throws {
        for count in 1...300 {
            let path = Array((0..<count).map { $0 % 50 == 49 ? UInt8(ascii: "/") : UInt8(ascii: "n") })
            let entry = TarEntry(path: path, kind: .directory)
            var writer = TarWriter()
            let header = try writer.begin(entry)
            #expect(Reading(header + archiveEnd).entries == [entry])
            #expect(header.count == 512 || count > 100, "\(count)")
            #expect(header.count > 512 || count < 257, "\(count)")
        }
    }
}
