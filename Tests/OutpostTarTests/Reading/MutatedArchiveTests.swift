// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostTar
import Testing

/// Damaged archives are refused or are other archives. None traps, and none makes more of its bytes than there are.
struct MutatedArchiveTests {
    @Test(arguments: UInt64(1)...100)
    func aDamagedArchiveIsReadOrRefused(seed: UInt64) throws {
        let archive = try GeneratedArchive(seed: seed, entries: 8).bytes
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 { expectBounded(generator.mutated(archive)) }
    }

    @Test(arguments: MalformedArchive.all)
    func aDamagedMalformedArchiveIsReadOrRefused(archive: MalformedArchive) {
        var generator = SeededGenerator(seed: UInt64(archive.bytes.count))
        for _ in 0..<20 { expectBounded(generator.mutated(archive.bytes)) }
    }

    private func expectBounded(_ archive: [UInt8]) {
        var reader = TarReader()
        var rest = archive[...]
        var data = 0
        do {
            while let event = try reader.next(&rest) {
                if case .data(let bytes, _) = event { data += bytes.count }
            }
            #expect(rest.isEmpty)
            _ = try reader.finish()
        } catch {
            #expect(error.offset <= UInt64(archive.count))
        }
        #expect(data <= archive.count)
    }
}

extension SeededGenerator {
    /// `archive` with a few bytes changed, and headers whose checksums are right again.
    mutating func mutated(_ archive: [UInt8]) -> [UInt8] {
        var bytes = archive
        for _ in 0..<Int.random(in: 1...6, using: &self) { mutate(&bytes) }
        if chance(of: 4) { bytes.removeLast(Int.random(in: 0...min(bytes.count, 2000), using: &self)) }
        return bytes
    }

    private mutating func mutate(_ bytes: inout [UInt8]) {
        guard bytes.count >= 512 else { return }
        let block = 512 * Int.random(in: 0..<(bytes.count / 512), using: &self)
        switch next() % 4 {
        case 0: bytes[block + Int(next() % 512)] = UInt8(truncatingIfNeeded: next())
        case 1: bytes[block + ([124, 156, 257, 345, 386, 482, 483].randomElement(using: &self) ?? 0)] = interesting()
        case 2: bytes.replaceSubrange(block..<(block + 512), with: bytes.prefix(512))
        default:
            let digits = Array(String(next() >> UInt64.random(in: 0...63, using: &self)).utf8)
            let position = block + Int(next() % 480)
            bytes.replaceSubrange(position..<(position + min(20, digits.count)), with: digits.prefix(20))
        }
        if next() % 8 > 0 { sum(&bytes, block) }
    }

    private mutating func interesting() -> UInt8 {
        [0, 0x80, 0xff, 0x7f, UInt8(ascii: "x"), UInt8(ascii: "S"), UInt8(ascii: "L"), UInt8(ascii: "g")]
            .randomElement(using: &self) ?? 0
    }

    private func sum(_ bytes: inout [UInt8], _ block: Int) {
        var header = RawHeader()
        header.bytes = Array(bytes[block..<(block + 512)])
        bytes.replaceSubrange(block..<(block + 512), with: header.summed)
    }
}
