// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// In which order a program wrote to its two streams.
public struct OutputOrder: Hashable, Sendable {
    /// Bytes that went to one stream before any went to the other.
    public struct Turn: Hashable, Sendable {
        public let stream: LiveOutput.Stream
        public var count: Int
    }

    /// Turns that are kept. What is written after so many is told by stream and not by turn.
    public static let mostTurns = 20_000

    /// From the first to the last, each of another stream than the one before.
    public private(set) var turns: [Turn] = []
    /// Where in `turns` the rest of a stream is counted, once there are as many as may be.
    private var last: [LiveOutput.Stream: Int] = [:]

    public init() {}

    public mutating func append(_ count: Int, to stream: LiveOutput.Stream) {
        guard count > 0 else { return }
        if let index = last[stream] {
            turns[index].count += count
        } else if turns.last?.stream == stream {
            turns[turns.count - 1].count += count
        } else {
            if turns.count >= Self.mostTurns { last[stream] = turns.count }
            turns.append(Turn(stream: stream, count: count))
        }
    }
}

/// A part of what a program wrote: all of it to one stream, and in its place among the others.
public struct OutputPiece: Hashable, Sendable {
    public let stream: LiveOutput.Stream
    public var bytes: [UInt8]

    public init(stream: LiveOutput.Stream, bytes: [UInt8]) {
        self.stream = stream
        self.bytes = bytes
    }
}

extension OutputOrder {
    /// What is kept of both streams, in its order. The pieces of one stream are together what is kept of it.
    public func pieces(_ outputs: [LiveOutput.Stream: CapturedOutput]) -> [OutputPiece] {
        var position: [LiveOutput.Stream: Int] = [:]
        var pieces: [OutputPiece] = []
        for turn in turns {
            let start = position[turn.stream, default: 0]
            position[turn.stream] = start + turn.count
            let bytes = outputs[turn.stream]?.kept(start..<start + turn.count) ?? []
            if bytes.isEmpty { continue }
            if pieces.last?.stream == turn.stream {
                pieces[pieces.count - 1].bytes += bytes
            } else {
                pieces.append(OutputPiece(stream: turn.stream, bytes: bytes))
            }
        }
        return pieces
    }
}

extension CapturedOutput {
    /// What is kept of a part of what was written.
    fileprivate func kept(_ range: Range<Int>) -> [UInt8] {
        let missing = total - bytes.count
        let head = range.clamped(to: 0..<headCount)
        let tail = range.clamped(to: headCount + missing..<total)
        return Array(bytes[head] + bytes[tail.lowerBound - missing..<tail.upperBound - missing])
    }
}
