// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostWire
import Testing

/// A message of either protocol, with what encodes and decodes its kind.
struct WireMessage: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let encoded: [UInt8]
    /// Whether the bytes decode to this very message.
    let isEncoded: @Sendable ([UInt8]) throws -> Bool
    /// Decodes a message of this kind and encodes what came out.
    let recode: @Sendable ([UInt8]) throws -> [UInt8]

    init(_ request: SpawnerRequest, id: UInt64 = 0x0102_0304_0506_0708) {
        testDescription = "\(request)"
        encoded = request.encoded(id: id)
        isEncoded = { try SpawnerRequest.decode($0) == (id, request) }
        recode = {
            let (id, request) = try SpawnerRequest.decode($0)
            return request.encoded(id: id)
        }
    }

    init(_ reply: SpawnerReply, id: UInt64 = 0x0102_0304_0506_0708) {
        testDescription = "\(reply)"
        encoded = reply.encoded(id: id)
        isEncoded = { try SpawnerReply.decode($0) == (id, reply) }
        recode = {
            let (id, reply) = try SpawnerReply.decode($0)
            return reply.encoded(id: id)
        }
    }

    init(_ request: GuestRequest) {
        testDescription = "\(request)"
        encoded = request.frame.encoded
        isEncoded = { try GuestRequest(Frame(whole: $0)) == request }
        recode = { try GuestRequest(Frame(whole: $0)).frame.encoded }
    }

    init(_ event: GuestEvent) {
        testDescription = "\(event)"
        encoded = event.frame.encoded
        isEncoded = { try GuestEvent(Frame(whole: $0)) == event }
        recode = { try GuestEvent(Frame(whole: $0)).frame.encoded }
    }

    init(_ request: WorkerRequest) {
        testDescription = "\(request)"
        encoded = request.frame.encoded
        isEncoded = { try WorkerRequest(Frame(whole: $0)) == request }
        recode = { try WorkerRequest(Frame(whole: $0)).frame.encoded }
    }

    init(_ reply: WorkerReply) {
        testDescription = "\(reply)"
        encoded = reply.frame.encoded
        isEncoded = { try WorkerReply(Frame(whole: $0)) == reply }
        recode = { try WorkerReply(Frame(whole: $0)).frame.encoded }
    }

    init(_ answer: InterpreterAnswer) {
        testDescription = "\(answer)"
        encoded = answer.frame.encoded
        isEncoded = { try InterpreterAnswer(Frame(whole: $0)) == answer }
        recode = { try InterpreterAnswer(Frame(whole: $0)).frame.encoded }
    }
}

extension Frame {
    /// - Throws: `WireError` when the bytes are not exactly one frame.
    init(whole bytes: [UInt8]) throws(WireError) {
        var decoder = FrameDecoder()
        decoder.append(bytes)
        guard let frame = try decoder.next() else { throw WireError("frame ends early") }
        let rest = bytes.count - Frame.headerSize - frame.payload.count
        guard rest == 0 else { throw WireError("\(rest) bytes left over") }
        self = frame
    }
}

/// The bytes that hexadecimal digits spell; blanks only separate.
func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = hexadecimal.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
}
