// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A part of a process's output, with its place in the order in which the process wrote.
public struct OutputPart: Hashable, Sendable {
    public let stream: LiveOutput.Stream
    public let bytes: [UInt8]
    /// Bytes of both streams up to the end of this part. It is the `seq` of the API.
    public let end: Int

    public init(stream: LiveOutput.Stream, bytes: [UInt8], end: Int) {
        self.stream = stream
        self.bytes = bytes
        self.end = end
    }
}

/// The last bytes of each of a process's two streams, in the order in which they were written, in bounded memory.
///
/// A position is a number of bytes of both streams together. A reader names the position up to which it has the output.
struct OutputTail: Sendable {
    private struct Chunk {
        var bytes: [UInt8]
        /// The position at its end.
        var end: Int
        var start: Int { end - bytes.count }
    }

    /// The kept chunks of one stream, oldest first.
    private struct Line {
        var chunks: [Chunk] = []
        /// The index of the oldest kept chunk.
        var first = 0
        var kept = 0
        var total = 0

        var oldest: Chunk? { first < chunks.count ? chunks[first] : nil }
        var count: Int { chunks.count - first }

        /// Drops the oldest bytes above `limit`, but no later bytes than `position`.
        mutating func trim(to limit: Int, keeping position: Int) {
            while count > 1, let oldest, oldest.end <= position,
                kept - oldest.bytes.count >= limit || count > OutputTail.mostChunks
            {
                dropOldest()
            }
        }

        private mutating func dropOldest() {
            kept -= chunks[first].bytes.count
            chunks[first].bytes = []
            first += 1
            // A removal from the front moves all other chunks. It is done rarely.
            if first > chunks.count / 2 {
                chunks.removeFirst(first)
                first = 0
            }
        }

        /// The index of the first kept chunk with bytes after `position`.
        func index(after position: Int) -> Int {
            var (low, high) = (first, chunks.count)
            while low < high {
                let middle = (low + high) / 2
                if chunks[middle].end > position { high = middle } else { low = middle + 1 }
            }
            return low
        }
    }

    /// The bytes that are kept of each stream.
    private let limit: Int
    private var lines: [LiveOutput.Stream: Line] = [:]
    /// The stream that wrote last.
    private var last: LiveOutput.Stream?
    /// Bytes of both streams, kept or not.
    private(set) var total = 0

    /// The most bytes of one chunk. Small writes share a chunk, so a chunk's own memory does not count.
    static let longestChunk = 128 << 10
    /// Bytes from which a write has its own chunk, and is not copied into the last one.
    private static let largeWrite = 16 << 10
    /// The most chunks of one stream. A process that changes the stream with each small write reaches it before `limit`.
    static let mostChunks = 8192

    init(limit: Int) { self.limit = limit }

    /// Makes the output of an earlier server again: of each stream its end, and the number of all bytes.
    init(limit: Int, restoring outputs: [LiveOutput.Stream: CapturedOutput]) {
        self.limit = limit
        for (stream, output) in outputs {
            var line = Line()
            line.total = max(0, output.total - output.bytes.count)
            total += line.total
            lines[stream] = line
        }
        for stream in LiveOutput.Stream.allCases {
            append((outputs[stream]?.bytes ?? [])[...], to: stream, keeping: .max)
        }
    }

    /// Bytes of all kept output.
    var keptBytes: Int { lines.values.reduce(0) { $0 + $1.kept } }

    /// Bytes of a stream, kept or not.
    func total(_ stream: LiveOutput.Stream) -> Int { lines[stream]?.total ?? 0 }

    /// The kept output of a stream.
    func output(_ stream: LiveOutput.Stream) -> CapturedOutput {
        guard let line = lines[stream] else { return CapturedOutput() }
        let bytes = line.chunks[line.first...].reduce(into: [UInt8]()) { $0 += $1.bytes }
        return CapturedOutput(bytes: bytes, total: line.total, headCount: line.total > bytes.count ? 0 : nil)
    }

    /// Adds bytes that the process wrote.
    ///
    /// - Parameter position: later bytes than this are not dropped.
    mutating func append(_ bytes: ArraySlice<UInt8>, to stream: LiveOutput.Stream, keeping position: Int) {
        var line = lines.removeValue(forKey: stream) ?? Line()
        var rest = bytes
        while !rest.isEmpty {
            let isContinued = last == stream && line.count > 0 && rest.count < Self.largeWrite
            let room = isContinued ? Self.longestChunk - line.chunks[line.chunks.count - 1].bytes.count : 0
            let part = rest.prefix(room > 0 ? room : Self.longestChunk)
            total += part.count
            if room > 0 {
                line.chunks[line.chunks.count - 1].bytes += part
                line.chunks[line.chunks.count - 1].end = total
            } else {
                line.chunks.append(Chunk(bytes: Array(part), end: total))
            }
            rest = rest.dropFirst(part.count)
            last = stream
        }
        line.kept += bytes.count
        line.total += bytes.count
        lines[stream] = line
        trim(keeping: position)
    }

    /// Drops the oldest bytes of each stream that has more than the limit.
    ///
    /// - Parameter position: later bytes than this are not dropped.
    mutating func trim(keeping position: Int) {
        for stream in lines.keys { lines[stream]?.trim(to: limit, keeping: position) }
    }

    /// Returns the next kept part after `position`; nil when there is none.
    ///
    /// - Parameter most: the most bytes of the part.
    func part(after position: Int, most: Int) -> OutputPart? {
        var next: (stream: LiveOutput.Stream, chunk: Chunk)?
        for (stream, line) in lines {
            let index = line.index(after: position)
            guard index < line.chunks.count else { continue }
            if let found = next, found.chunk.start < line.chunks[index].start { continue }
            next = (stream, line.chunks[index])
        }
        guard let (stream, chunk) = next else { return nil }
        let skipped = max(0, position - chunk.start)
        // The whole chunk is not copied, because the slice is all of its array.
        let bytes = chunk.bytes[skipped...].prefix(most)
        return OutputPart(stream: stream, bytes: Array(bytes), end: chunk.start + skipped + bytes.count)
    }
}
