// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostTar
import Testing

/// How the input is cut makes no difference.
struct SplitInputTests {
    @Test func singleBytesGiveTheSameEvents() throws {
        for seed in UInt64(1)...4 {
            let archive = try GeneratedArchive(seed: seed, entries: 12).bytes
            #expect(Reading(pieces: archive.indices.map { archive[$0...$0] }) == Reading(archive), "seed \(seed)")
        }
    }

    @Test(arguments: UInt64(1)...30)
    func piecesOfAnySizesGiveTheSameEvents(seed: UInt64) throws {
        let archive = try GeneratedArchive(seed: seed, entries: 20).bytes
        var generator = SeededGenerator(seed: seed)
        let whole = Reading(archive)
        for _ in 0..<3 { #expect(Reading(pieces: generator.pieces(of: archive)) == whole) }
    }
}

extension SeededGenerator {
    /// `bytes` in pieces, some of them empty.
    mutating func pieces(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
        let most = [3, 600, 5000].randomElement(using: &self) ?? 1
        var pieces: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Int.random(in: 0...most, using: &self)
            pieces.append(rest.prefix(count))
            rest = rest.dropFirst(count)
        }
        return pieces
    }
}
