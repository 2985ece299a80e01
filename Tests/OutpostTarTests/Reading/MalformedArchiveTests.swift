// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostTar
import Testing

/// What is wrong is refused, by a code and a place.
struct MalformedArchiveTests {
    @Test(arguments: MalformedArchive.all)
    func aMalformedArchiveIsRefused(archive: MalformedArchive) {
        let error = Reading(archive.bytes).error
        #expect(error?.code == archive.code)
        #expect(error?.offset == archive.offset)
        #expect(error?.message.utf8.count ?? 0 < 200)
    }

    @Test func everyCodeOfAReaderHasACase() {
        let ofWriters: Set<TarError.Code> = [.unwritable, .contentTooLong, .contentTooShort, .wrongOrder]
        #expect(Set(MalformedArchive.all.map(\.code)) == Set(TarError.Code.allCases).subtracting(ofWriters))
    }

    @Test(arguments: MalformedArchive.all)
    func itIsRefusedTheSameByteByByte(archive: MalformedArchive) {
        let pieces = archive.bytes.indices.map { archive.bytes[$0...$0] }
        #expect(Reading(pieces: pieces) == Reading(archive.bytes))
    }
}
