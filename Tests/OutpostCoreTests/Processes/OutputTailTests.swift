// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import OutpostCore

/// What is kept of a process's output, and in which order it is read.
struct OutputTailTests {
    private func text(_ tail: OutputTail, after position: Int = 0) -> [String] {
        var (at, parts) = (position, [String]())
        while let part = tail.part(after: at, most: .max) {
            parts.append("\(part.stream.rawValue):" + String(decoding: part.bytes, as: UTF8.self))
            at = part.end
        }
        return parts
    }

    private func filled(_ writes: [(LiveOutput.Stream, String)], limit: Int = 100) -> OutputTail {
        var tail = OutputTail(limit: limit)
        for (stream, text) in writes { tail.append(Array(text.utf8)[...], to: stream, keeping: .max) }
        return tail
    }

    @Test func partsComeInTheOrderOfTheWrites() {
        let tail = filled([(.stdout, "a"), (.stderr, "b"), (.stdout, "c"), (.stdout, "d")])
        #expect(text(tail) == ["stdout:a", "stderr:b", "stdout:cd"])
        #expect(tail.total == 4)
    }

    @Test func aPositionInsideAPartGivesTheRestOfIt() {
        let tail = filled([(.stdout, "hello"), (.stderr, "world")])
        #expect(text(tail, after: 3) == ["stdout:lo", "stderr:world"])
        #expect(text(tail, after: 5) == ["stderr:world"])
        #expect(text(tail, after: 10) == [])
    }

    @Test func aReaderGetsMuchOutputInFewParts() {
        var tail = OutputTail(limit: 1 << 20)
        for _ in 0..<100 { tail.append([UInt8](repeating: 120, count: 8192)[...], to: .stdout, keeping: 0) }
        var (at, sizes) = (0, [Int]())
        while let part = tail.part(after: at, most: 64 << 10) {
            sizes.append(part.bytes.count)
            at = part.end
        }
        #expect(sizes == [Int](repeating: 64 << 10, count: 12) + [32 << 10])
    }

    /// A part is then the array that was read, and its bytes are not copied.
    @Test func aLargeWriteIsAPartOfItsOwn() {
        var tail = OutputTail(limit: 1 << 20)
        for size in [10, 20_000, 10] { tail.append([UInt8](repeating: 120, count: size)[...], to: .stdout, keeping: 0) }
        #expect(tail.part(after: 0, most: .max)?.bytes.count == 10)
        #expect(tail.part(after: 10, most: .max)?.bytes.count == 20_010)
    }

    @Test func aLoudStreamDoesNotPushTheOtherOut() {
        var tail = filled([(.stderr, "error")], limit: 1000)
        for _ in 0..<100 {
            tail.append([UInt8](repeating: 120, count: OutputTail.longestChunk)[...], to: .stdout, keeping: .max)
        }
        #expect(String(decoding: tail.output(.stderr).bytes, as: UTF8.self) == "error")
        #expect(tail.output(.stdout).bytes.count == OutputTail.longestChunk)
        #expect(tail.output(.stdout).total == 100 * OutputTail.longestChunk)
    }

    @Test func atLeastTheLimitIsKept() {
        var tail = OutputTail(limit: 50_000)
        for _ in 0..<1000 { tail.append([UInt8](repeating: 120, count: 999)[...], to: .stdout, keeping: .max) }
        let kept = tail.output(.stdout)
        #expect((50_000...50_000 + OutputTail.longestChunk).contains(kept.bytes.count))
        #expect(kept.isTruncated)
        #expect(tail.keptBytes == kept.bytes.count)
    }

    @Test func bytesThatAReaderWaitsForAreNotDropped() {
        var tail = OutputTail(limit: 10)
        for _ in 0..<10 {
            tail.append([UInt8](repeating: 120, count: OutputTail.longestChunk)[...], to: .stdout, keeping: 0)
        }
        #expect(tail.keptBytes == 10 * OutputTail.longestChunk)
        tail.trim(keeping: 5 * OutputTail.longestChunk)
        #expect(tail.keptBytes == 5 * OutputTail.longestChunk)
    }

    /// One byte each. Without a limit of the chunks, each byte would take the memory of an array.
    @Test func smallWritesInTurnHaveBoundedMemory() {
        var tail = OutputTail(limit: 1 << 20)
        for _ in 0..<3 * OutputTail.mostChunks {
            tail.append([111], to: .stdout, keeping: .max)
            tail.append([101], to: .stderr, keeping: .max)
        }
        #expect(tail.keptBytes <= 2 * OutputTail.mostChunks)
        #expect(tail.total(.stdout) == 3 * OutputTail.mostChunks)
    }
}
