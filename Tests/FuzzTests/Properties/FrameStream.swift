// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostWire

/// What the decoder makes of a stream that comes in pieces.
struct FrameStream: Equatable {
    private(set) var frames: [Frame] = []
    private(set) var isRefused = false

    init(_ pieces: [ArraySlice<UInt8>]) {
        var decoder = FrameDecoder()
        for piece in pieces {
            decoder.append(piece)
            do {
                while let frame = try decoder.next() { frames.append(frame) }
            } catch {
                isRefused = true
                return
            }
        }
    }
}

/// The frames of `input`: its first byte says how to cut the rest into pieces, which must make no difference.
func checkedFrames(_ input: [UInt8]) throws -> [Frame] {
    guard let seed = input.first else { return [] }
    let bytes = input.dropFirst()
    let stream = FrameStream([bytes])
    try promise(FrameStream(pieces(of: bytes, seed: seed)) == stream, "pieces make other frames than the whole")
    let encoded = stream.frames.flatMap(\.encoded)
    try promise(bytes.starts(with: encoded), "the frames are not what the stream began with")
    try checkRest(bytes.dropFirst(encoded.count), isRefused: stream.isRefused)
    return stream.frames
}

/// Behind the last frame there must be the beginning of another, or a length that is too large.
private func checkRest(_ rest: ArraySlice<UInt8>, isRefused: Bool) throws {
    guard rest.count >= Frame.headerSize else { return try promise(!isRefused, "\(rest.count) bytes were refused") }
    let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    try promise(isRefused == (length > Frame.largestPayload), "a length of \(length) was taken wrongly")
    try promise(isRefused || rest.count < Frame.headerSize + length, "a whole frame was left")
}

/// `bytes` in pieces whose sizes follow from `seed`.
func pieces(of bytes: ArraySlice<UInt8>, seed: UInt8) -> [ArraySlice<UInt8>] {
    var pieces: [ArraySlice<UInt8>] = []
    var rest = bytes
    var state = UInt32(seed)
    while !rest.isEmpty {
        state = state &* 1_664_525 &+ 1_013_904_223
        // The generator's high bits; the seed 0 cuts into single bytes.
        let count = seed == 0 ? 1 : Int(state >> 25)
        pieces.append(rest.prefix(count))
        rest = rest.dropFirst(count)
    }
    return pieces
}
