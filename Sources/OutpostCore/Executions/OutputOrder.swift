// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The order in which a program wrote to its two streams.
public struct OutputOrder: Hashable, Sendable {
    /// Bytes that the program wrote to one stream before it wrote to the other.
    public struct Turn: Hashable, Sendable {
        public let stream: LiveOutput.Stream
        public var count: Int
    }

    /// The most turns in order. Later output is one last turn for each stream.
    public static let mostTurns = 20_000

    /// The turns in order. Each of the first `mostTurns` is of another stream than the one before.
    public private(set) var turns: [Turn] = []
    /// The index of a stream's last turn, after `mostTurns` was reached.
    private var last: [LiveOutput.Stream: Int] = [:]

    public init() {}

    /// Records that the program wrote `count` bytes to `stream`.
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

/// Bytes that a program wrote to one stream, in a list that has both streams in order.
public struct OutputPiece: Hashable, Sendable {
    public let stream: LiveOutput.Stream
    public var bytes: [UInt8]

    public init(stream: LiveOutput.Stream, bytes: [UInt8]) {
        self.stream = stream
        self.bytes = bytes
    }
}

extension OutputOrder {
    /// The kept bytes of both streams in the order of the turns. The pieces of one stream together are its kept bytes.
    ///
    /// - Parameter outputs: the kept output of each stream.
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
    /// The kept bytes of a range of the stream.
    fileprivate func kept(_ range: Range<Int>) -> [UInt8] {
        let missing = total - bytes.count
        let head = range.clamped(to: 0..<headCount)
        let tail = range.clamped(to: headCount + missing..<total)
        return Array(bytes[head] + bytes[tail.lowerBound - missing..<tail.upperBound - missing])
    }
}
