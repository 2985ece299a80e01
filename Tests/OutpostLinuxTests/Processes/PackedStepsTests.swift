// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import OutpostLinux
import Testing

/// Steps that are sent to another process are laid out as that one, and docs/agent-protocol.md, take them to be.
struct PackedStepsTests {
    private typealias Word = UInt64

    /// One step: kind, and by position behind it the words that are not 0.
    private static func step(_ kind: UInt32, fd: Int32 = -1, _ words: [Int: Word]) -> [UInt8] {
        bytes(kind) + bytes(fd) + (0..<10).flatMap { bytes(words[$0] ?? 0) }
    }

    private static func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian, Array.init)
    }

    @Test func aProgramHasExactlyTheseBytes() {
        let packed = PackedSteps.encode([
            [
                .setMode("/a", 0o555), .linkEntries(of: "/w", in: "/t", except: ".o", most: 7),
                .execute("x", searchPath: nil, arguments: ["y"], environment: []),
            ]
        ])
        let texts = 8 + 3 * 88
        let expected =
            Self.bytes(UInt32(3)) + Self.bytes(UInt32(packed.count))
            + Self.step(13, [0: 0o555, 3: Word(texts)])
            + Self.step(14, [0: 7, 2: Word(texts + 8), 3: Word(texts + 16), 4: Word(texts + 24)])
            + Self.step(33, [2: Word(texts + 32), 7: Word(texts + 48), 8: Word(texts + 64)])
            + Array("/a\0\0\0\0\0\0/w/\0\0\0\0\0/t\0\0\0\0\0\0.o\0\0\0\0\0\0x\0\0\0\0\0\0\0y\0\0\0\0\0\0\0".utf8)
            + Self.bytes(Word(texts + 40)) + Self.bytes(Word(0)) + Self.bytes(Word(0))
        #expect(packed == expected)
    }

    @Test func theFirstStepsOfEveryProgramFollowOneAnother() throws {
        var packed = PackedSteps.encode([[.newSession], [], [.setMode("/a", 0o755)]])
        // What a process receives is aligned for what is in it.
        packed.reserveCapacity(1024)
        let read = packed.withUnsafeMutableBytes { buffer -> [String] in
            guard let start = buffer.baseAddress else { return [] }
            let counts = (0..<3).map { start.load(fromByteOffset: 4 * $0, as: UInt32.self) }
            let steps = outpost_unpack(start, 3)
            return counts.map(String.init) + [String(steps[0].kind), steps[1].b.map { String(cString: $0) } ?? "none"]
        }
        #expect(read == ["1", "0", "1", String(OUTPOST_OP_SETSID.rawValue), "/a"])
    }
}
