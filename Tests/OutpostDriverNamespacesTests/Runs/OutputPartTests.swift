// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostLinux
import Testing

@testable import OutpostDriverNamespaces

/// What one round of reads takes from a pipe.
struct OutputPartTests {
    private let pipe: (read: Descriptor, write: Descriptor)

    init() throws { pipe = try Descriptor.pipe(nonBlockingRead: true, nonBlockingWrite: true) }

    private func write(_ count: Int) throws -> Int {
        var rest = [UInt8](repeating: 7, count: count)[...]
        while !rest.isEmpty, let written = try pipe.write.write(rest) { rest = rest.dropFirst(written) }
        return count - rest.count
    }

    @Test(arguments: [0, 1, 5000, 65_536])
    func aRoundTakesAllThatIsThere(count: Int) throws {
        #expect(try write(count) == count)
        let part = OutputPart(from: pipe.read)
        #expect(part.bytes == [UInt8](repeating: 7, count: count))
        #expect(!part.isLast)
        // A kept part must not keep the whole buffer.
        #expect(part.bytes.capacity <= max(2 * count, 64))
    }

    @Test(arguments: [0, 5000, 65_536])
    func aRoundWithAPauseTakesAllThatIsThere(count: Int) throws {
        #expect(try write(count) == count)
        #expect(OutputPart(from: pipe.read, pauses: true).bytes.count == count)
    }

    @Test func theEndComesWithTheLastBytes() throws {
        #expect(try write(10) == 10)
        pipe.write.closeNow()
        let part = OutputPart(from: pipe.read)
        #expect(part.bytes.count == 10 && part.isLast)
        #expect(OutputPart(from: pipe.read).isLast)
    }

    @Test func oneReadTakesOneWriteOfAPipeThatHoldsOne() throws {
        try pipe.write.holdOneWrite()
        #expect(try write(3) == 3)
        #expect(try write(3) == 0)
        #expect(OutputPart(from: pipe.read, reads: 1).bytes.count == 3)
    }

    @Test func aWidePipeIsReadInOneRound() throws {
        #expect(try write(300_000) == OutputPart.pipeBytes)
        pipe.read.widenPipe(to: 262_144)
        #expect(try write(300_000) == 262_144 - OutputPart.pipeBytes)
        #expect(OutputPart(from: pipe.read, room: 100_000).bytes.count == 100_000)
        #expect(OutputPart(from: pipe.read, room: 262_144).bytes.count == 162_144)
    }
}
