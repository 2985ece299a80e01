// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostWire
import Testing

struct StreamItemTests {
    private static let changes = (0..<50).map { n in
        FolderChange(.created, path: [UInt8](repeating: UInt8(n), count: n))
    }

    @Test(arguments: [1, 2, 3, 7, 100, 100_000])
    func itemsComeWholeHoweverTheStreamIsCut(part: Int) throws {
        let bytes = Self.changes.flatMap(\.encoded)
        var decoder = StreamItemDecoder<FolderChange>()
        var taken: [FolderChange] = []
        for start in stride(from: 0, to: bytes.count, by: part) {
            taken += try decoder.decode(Array(bytes[start..<min(start + part, bytes.count)]))
        }
        #expect(taken == Self.changes)
        #expect(decoder.isBetweenItems)
    }

    @Test func aStreamThatEndsInAnItemIsSeenToDoSo() throws {
        var decoder = StreamItemDecoder<FolderChange>()
        _ = try decoder.decode(Array(Self.changes[9].encoded.dropLast()))
        #expect(!decoder.isBetweenItems)
    }

    private static let noItems: [[UInt8]] = [
        // A length beyond all items, before a byte of it is there.
        [0xff, 0xff, 0xff, 0xff],
        // An item that is longer than its content says.
        [10, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 9],
        // A kind that is none.
        [9, 0, 0, 0, 77, 0, 0, 0, 0, 0, 0, 0, 0],
        // A path that is longer than the item.
        [9, 0, 0, 0, 1, 200, 0, 0, 0, 0, 0, 0, 0],
    ]

    @Test(arguments: noItems)
    func whatIsNoItemIsRefused(bytes: [UInt8]) {
        var decoder = StreamItemDecoder<FolderChange>()
        #expect(throws: WireError.self) { try decoder.decode(bytes) }
    }
}
