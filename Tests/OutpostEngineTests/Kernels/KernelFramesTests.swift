// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

@testable import OutpostEngine

/// The frames of a kernel that may send anything.
struct KernelFramesTests {
    private func frame(_ kind: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let length = UInt32(payload.count)
        return (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + [kind] + payload
    }

    private func pieces(_ parts: [[UInt8]], longest: Int = 1000) throws -> [KernelFrames.Piece] {
        var (frames, pieces) = (KernelFrames(), [KernelFrames.Piece]())
        for part in parts { try frames.append(part[...], longest: longest) { pieces.append($0) } }
        return pieces
    }

    @Test func aFrameMayComeInAnyParts() throws {
        let bytes = frame(0, Array("{}".utf8)) + frame(0, []) + frame(0, Array("[1]".utf8))
        let wanted: [KernelFrames.Piece] = [.message(Array("{}".utf8)), .message([]), .message(Array("[1]".utf8))]
        #expect(try pieces([bytes]) == wanted)
        #expect(try pieces(bytes.map { [$0] }) == wanted)
    }

    @Test func outputIsPassedOnBeforeItsFrameEnds() throws {
        let bytes = frame(1, [1, 2, 3])
        #expect(
            try pieces([Array(bytes.prefix(7)), Array(bytes.dropFirst(7)) + frame(2, [4])]) == [
                .stdout([1, 2]), .stdout([3]), .stderr([4]),
            ])
    }

    @Test func aLongMessageIsRefusedByItsHeader() {
        #expect(throws: KernelFrames.Violation.tooLong(1001)) {
            try pieces([[0xE9, 0x03, 0, 0, 0]])
        }
        #expect(throws: KernelFrames.Violation.tooLong(0xFFFF_FFFF)) {
            try pieces([[0xFF, 0xFF, 0xFF, 0xFF, 1]])
        }
    }

    @Test func anUnknownKindIsRefused() {
        #expect(throws: KernelFrames.Violation.unknownKind(3)) { try pieces([[0, 0, 0, 0, 3]]) }
    }

    @Test func aMessageThatNobodyWaitsForIsSkipped() throws {
        let bytes = frame(0, [UInt8](repeating: 7, count: 5000)) + frame(1, [1])
        #expect(try pieces([bytes], longest: 0) == [.stdout([1])])
    }

    @Test func aSentFrameIsRead() throws {
        #expect(try pieces([KernelFrames.frame([5, 6])]) == [.message([5, 6])])
    }
}
