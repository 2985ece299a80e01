// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore
import Testing

@testable import OutpostServer

/// Frames become messages, whatever the pieces that they come in; what breaks the protocol is named by its code.
struct WebSocketInputTests {
    private typealias Event = WebSocketInput.Event

    private func events(_ frames: [ByteBuffer], limit: Int = 1 << 20, piece: Int = .max) throws -> [Event] {
        var input = WebSocketInput(limit: limit)
        var all = ByteBuffer()
        for frame in frames { all.writeImmutableBuffer(frame) }
        var events: [Event] = []
        while let bytes = all.readSlice(length: min(piece, all.readableBytes)), bytes.readableBytes > 0 {
            input.append(bytes)
            while let event = try input.next() { events.append(event) }
        }
        return events
    }

    private func failure(_ frames: ByteBuffer..., limit: Int = 1 << 20) -> WebSocketCloseCode? {
        #expect(throws: WebSocketInput.Failure.self) { try events(frames, limit: limit) }?.code
    }

    @Test(arguments: [1, 2, 3, 7, .max])
    func messagesComeWhole(piece: Int) throws {
        let long = [UInt8](repeating: 7, count: 70_000)
        let frames = [
            masked(0x81, Array("hé".utf8)), masked(0x82, [0, 255]), masked(0x81, []), masked(0x89, [9]),
            masked(0x02, Array(long[..<200])), masked(0x8A, []), masked(0x00, Array(long[200..<66_000])),
            masked(0x80, Array(long[66_000...])), masked(0x88, [0x03, 0xE8]),
        ]
        let expected: [Event] = [
            .text("hé"), .binary(ByteBuffer(bytes: [0, 255])), .text(""), .ping(ByteBuffer(bytes: [9])), .pong,
            .binary(ByteBuffer(bytes: long)), .close(.normal),
        ]
        #expect(try events(frames, piece: piece) == expected)
    }

    @Test(arguments: [0xC1, 0xA1, 0x91, 0x83, 0x87, 0x8B, 0x8F, 0x09, 0x08] as [UInt8])
    func aFrameOfNoKnownKindOrACutControlFrameIsAViolation(first: UInt8) {
        #expect(failure(masked(first, [1, 2])) == .protocolError)
    }

    @Test func theOrderOfFramesIsChecked() {
        #expect(failure(masked(0x80, [1])) == .protocolError, "a continuation frame without a message")
        #expect(
            failure(masked(0x02, [1]), masked(0x82, [1])) == .protocolError, "a new message before the last one ended")
        #expect(failure(masked(0x81, [1], isMasked: false)) == .protocolError, "without a mask")
        #expect(failure(masked(0x89, [UInt8](repeating: 1, count: 126))) == .protocolError, "a long ping")
    }

    @Test func aMessageAboveTheLimitIsTooBigInOneFrameAndInMany() {
        #expect(failure(masked(0x82, [1, 2, 3, 4]), limit: 3) == .tooBig)
        #expect(failure(masked(0x02, [1, 2]), masked(0x80, [3, 4]), limit: 3) == .tooBig)
        // Known from the head alone, before anything of it has to be kept.
        #expect(failure(ByteBuffer(bytes: [0x82, 0xFF, 0, 0, 0, 1, 0, 0, 0, 0]), limit: 3) == .tooBig)
    }

    @Test(
        arguments: [
            [0x82, 0xFE, 0, 125], [0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0],
        ] as [[UInt8]])
    func aLengthHasItsShortestForm(head: [UInt8]) {
        #expect(failure(ByteBuffer(bytes: head)) == .protocolError)
    }

    @Test func aTextIsUTF8() {
        #expect(failure(masked(0x81, [0xFF])) == .notUTF8)
        #expect(failure(masked(0x88, [0x03, 0xE8, 0xFF])) == .notUTF8)
    }

    @Test(arguments: [[0x03], [0x03, 0xED], [0x03, 0xEE], [0x03, 0xF7], [0, 0], [0x0B, 0xB7]] as [[UInt8]])
    func aCloseCodeIsOneThatMayBeSent(payload: [UInt8]) {
        #expect(failure(masked(0x88, payload)) == .protocolError)
    }

    @Test func aReasonIsCutBetweenCharacters() {
        let frame = WebSocketFrame.close(.normal, String(repeating: "é", count: 100))
        #expect(frame.payload.readableBytes == 2 + 122)
    }

    /// Takes 2,000 frames of one byte.
    ///
    /// - Parameters:
    ///   - before: a frame that comes first, in a piece of its own.
    ///   - first: the first byte of each frame.
    ///   - after: what comes after the frames, in the same piece.
    /// - Returns: the processor time for the frames of one byte, in nanoseconds.
    private func cost(after before: ByteBuffer, of first: UInt8, before after: ByteBuffer) throws -> UInt64 {
        var input = WebSocketInput(limit: 2 << 20)
        input.append(before)
        while try input.next() != nil {}
        var small = ByteBuffer()
        for _ in 0..<2_000 { small.writeImmutableBuffer(masked(first, [1])) }
        small.writeImmutableBuffer(after)
        let begun = threadNanoseconds()
        input.append(small)
        while try input.next() != nil {}
        return threadNanoseconds() - begun
    }

    private func large(_ first: UInt8, _ count: Int) -> ByteBuffer {
        masked(first, [UInt8](repeating: 7, count: count))
    }

    @Test func aSmallFrameCostsTheSameInALongMessage() throws {
        let short = try cost(after: large(0x02, 1), of: 0x00, before: ByteBuffer())
        let long = try cost(after: large(0x02, 1 << 20), of: 0x00, before: ByteBuffer())
        #expect(long < 3 * short, "\(short) ns and \(long) ns")
    }

    @Test("A small frame costs the same before many other bytes", arguments: [0x82, 0x89] as [UInt8])
    func aSmallFrameCostsTheSameBeforeManyOtherBytes(first: UInt8) throws {
        // The large frame is not complete, so the parser only keeps it.
        let few = try cost(after: ByteBuffer(), of: first, before: ByteBuffer())
        var rest = large(0x82, 1 << 20)
        rest.moveWriterIndex(to: rest.writerIndex - 1)
        let many = try cost(after: ByteBuffer(), of: first, before: rest)
        #expect(many < 3 * few, "\(few) ns and \(many) ns")
    }
}

/// Returns the processor time of this thread.
private func threadNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
