// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Records one stream and keeps as many of its bytes as the run's output limit allows.
public struct OutputRecord: Sendable {
    private let headLimit: Int
    private let tailLimit: Int
    /// The start of the stream. Bytes in it never change.
    public private(set) var head: [UInt8] = []
    /// Its last `tailLimit` bytes are the end of the stream. It grows to twice that before bytes are moved, so few are
    /// moved.
    private var tail: [UInt8] = []
    /// Bytes of the stream so far, kept or not.
    public private(set) var total = 0

    /// - Parameter limit: the most bytes that are kept.
    public init(limit: Int = 0, keep: OutputKeep = .head) {
        tailLimit = keep == .both ? limit / 4 : 0
        headLimit = limit - tailLimit
    }

    /// The most bytes that are kept.
    public var limit: Int { headLimit + tailLimit }

    /// The most bytes that the record has in memory.
    public var mostBytes: Int { headLimit + 2 * tailLimit }

    /// Adds the next bytes of the stream.
    public mutating func append(_ bytes: ArraySlice<UInt8>) {
        let room = min(headLimit - head.count, bytes.count)
        head += bytes.prefix(room)
        total += bytes.count
        guard tailLimit > 0 else { return }
        // The type selects the slice's `suffix`. Without it Swift selects the one of `Sequence`, which reads every byte.
        let end: ArraySlice<UInt8> = bytes.dropFirst(room).suffix(tailLimit)
        tail += end
        if tail.count > 2 * tailLimit { tail.removeFirst(tail.count - tailLimit) }
    }

    /// The number of kept bytes.
    var keptCount: Int { head.count + min(tail.count, tailLimit) }

    /// The kept output so far.
    public var output: CapturedOutput {
        let bytes = head + tail.suffix(tailLimit)
        return CapturedOutput(bytes: bytes, total: total, headCount: total > bytes.count ? head.count : nil)
    }
}

extension ResourceLimits {
    /// The most bytes of memory that the output of a compiler and its program takes.
    public func mostOutputMemory(isInterleaved: Bool = false) -> Int {
        4 * OutputRecord(limit: maxOutputBytes, keep: .both).mostBytes + (isInterleaved ? 2 * maxOutputBytes : 0)
    }
}
