// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostWire
import Testing

/// A byte stream is cut into the frames that were put in, however it is cut up on the way.
struct FrameDecoderTests {
    private let frames = [
        Frame(type: 1, subject: 7, payload: []), Frame(type: 2, subject: 7, payload: [1, 2, 3]),
        Frame(type: 255, subject: 7, payload: Array(0...255)),
    ]

    private var stream: [UInt8] { frames.flatMap(\.encoded) }

    @Test func framesComeOutOfAStreamFedByteByByte() throws {
        var decoder = FrameDecoder()
        var result: [Frame] = []
        for byte in stream {
            decoder.append([byte])
            while let frame = try decoder.next() { result.append(frame) }
        }
        #expect(result == frames)
    }

    @Test func framesComeOutOfAStreamFedAtOnce() throws {
        var decoder = FrameDecoder()
        decoder.append(stream)
        for frame in frames { #expect(try decoder.next() == frame) }
        #expect(try decoder.next() == nil)
    }

    @Test func framesComeOutOfArraysThatEndBetweenThem() throws {
        var decoder = FrameDecoder()
        for part in [[frames[0]], [frames[1], frames[2]], [frames[1]]] {
            decoder.append(part.flatMap(\.encoded))
            for frame in part { #expect(try decoder.next() == frame) }
            #expect(try decoder.next() == nil)
        }
    }

    @Test(arguments: UInt64(1)...30)
    func framesComeOutOfAStreamCutAnywhere(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let sent = (0..<20).map { _ in
            Frame(type: generator.integer(), subject: generator.integer(), payload: generator.bytes(upTo: 300))
        }
        var rest = sent.flatMap(\.encoded)[...]
        var decoder = FrameDecoder()
        var result: [Frame] = []
        while !rest.isEmpty {
            let count = Int.random(in: 0...200, using: &generator)
            decoder.append(rest.prefix(count))
            rest = rest.dropFirst(count)
            while let frame = try decoder.next() { result.append(frame) }
        }
        #expect(result == sent)
    }

    @Test func aFrameThatIsNotWholeYetIsNoFrame() throws {
        let encoded = Frame(type: 9, subject: 7, payload: [1, 2, 3, 4]).encoded
        for count in 0..<encoded.count {
            var decoder = FrameDecoder()
            decoder.append(encoded.prefix(count))
            #expect(try decoder.next() == nil, "\(count) bytes")
        }
    }

    @Test func theLargestFramePasses() throws {
        let frame = Frame(type: 1, subject: 7, payload: [UInt8](repeating: 7, count: Frame.largestPayload))
        var decoder = FrameDecoder()
        decoder.append(frame.encoded)
        #expect(try decoder.next() == frame)
    }

    @Test(arguments: [UInt32(Frame.largestPayload) + 1, .max])
    func aLengthAboveTheCapIsRefusedBeforeThePayloadComes(length: UInt32) {
        var writer = ByteWriter()
        writer.write(length)
        writer.write(UInt8(1))
        writer.write(UInt32(1))
        var decoder = FrameDecoder()
        decoder.append(writer.bytes)
        #expect(throws: WireError("frame of \(length) bytes")) { try decoder.next() }
        // And again: nothing after it can be trusted.
        decoder.append([0, 0, 0, 0, 0, 0, 0, 0, 0])
        #expect(throws: WireError.self) { try decoder.next() }
    }
}
