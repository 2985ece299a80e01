// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing

@testable import OutpostCore

/// Readers of a process's output, and what they do to the process.
struct ProcessOutputTests {
    private let output = ProcessOutput()

    private final class Count: Sendable {
        let value = Mutex(0)
        func add() { value.withLock { $0 += 1 } }
        var now: Int { value.withLock { $0 } }
    }

    @discardableResult
    private func write(_ count: Int, resumed: Count = Count()) -> Bool {
        output.append([UInt8](repeating: 120, count: count)[...], to: .stdout, in: OutputRecord()) { resumed.add() }
    }

    /// More than a reader may be behind.
    private let much = ProcessOutput.mostBehind + 1

    @Test func aProcessWithoutReadersNeverWaits() {
        for _ in 0..<100 { #expect(write(1 << 16)) }
        #expect(output.keptBytes <= ProcessOutput.keptBytes + OutputTail.longestChunk)
    }

    @Test func aSlowReaderThatHoldsStopsTheProcessAndThenLetsItGoOn() async throws {
        let resumed = Count()
        let reader = output.join(after: 0, holds: true)
        #expect(!write(much, resumed: resumed))
        #expect(resumed.now == 0)
        output.advance(reader, to: much)
        #expect(resumed.now == 1)
        #expect(write(1))
    }

    @Test func aReaderThatLeavesLetsTheProcessGoOn() {
        let resumed = Count()
        let reader = output.join(after: 0, holds: true)
        #expect(!write(much, resumed: resumed))
        output.leave(reader)
        output.leave(reader)
        #expect(resumed.now == 1)
    }

    @Test func aReaderThatDoesNotHoldFallsBehindAndIsTold() async {
        let reader = output.join(after: 0, holds: false)
        for _ in 0..<64 { #expect(write(1 << 16)) }
        guard case .part(let part, let dropped) = await output.next(after: reader.start, within: .seconds(60)) else {
            Issue.record("no output")
            return
        }
        #expect(dropped > 0)
        #expect(part.end == dropped + part.bytes.count)
        #expect(part.bytes.count <= ProcessOutput.longestPart)
    }

    @Test func aReaderThatHoldsGetsEveryByte() async {
        let reader = output.join(after: 0, holds: true)
        for _ in 0..<100 { write(40_000) }
        output.end()
        var (position, count) = (reader.start, 0)
        while case .part(let part, let dropped) = await output.next(after: position, within: .seconds(60)) {
            #expect(dropped == 0)
            count += part.bytes.count
            position = part.end
            output.advance(reader, to: position)
        }
        #expect(count == 4_000_000)
    }

    @Test func aReleasedProcessDoesNotWait() {
        _ = output.join(after: 0, holds: true)
        output.release()
        #expect(write(much))
    }

    @Test func whatIsKeptAfterAPositionIsCounted() {
        for _ in 0..<40 { write(1 << 16) }
        let all = output.kept(after: 0)
        let bytes = all.parts.reduce(0) { $0 + $1.bytes.count }
        #expect(all.dropped + bytes == 40 << 16)
        #expect(all.end == 40 << 16)
        #expect(output.kept(after: all.end).parts == [])
        // A number from another process counts as the newest.
        #expect(output.kept(after: 1 << 40).dropped == 0)
    }

    @Test func aReaderWaitsForOutputAndForTheEnd() async {
        async let next = output.next(after: 0, within: .seconds(600))
        write(3)
        guard case .part(let part, _) = await next else {
            Issue.record("no output")
            return
        }
        #expect(part.end == 3)
        async let last = output.next(after: 3, within: .seconds(600))
        output.end()
        #expect(await last == .end)
    }
}
