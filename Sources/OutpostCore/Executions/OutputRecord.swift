// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Takes a stream as it comes, and keeps of it what the run's output limit allows.
public struct OutputRecord: Sendable {
    private let headLimit: Int
    private let tailLimit: Int
    /// The start; does not change any more once it is as long as it may be.
    public private(set) var head: [UInt8] = []
    /// The end is in its last bytes; there may be twice as many as are kept, so that few are moved.
    private var tail: [UInt8] = []
    /// Bytes that came, kept or not.
    public private(set) var total = 0

    /// - Parameter limit: bytes that are kept.
    public init(limit: Int = 0, keep: OutputKeep = .head) {
        tailLimit = keep == .both ? limit / 4 : 0
        headLimit = limit - tailLimit
    }

    /// Bytes that are kept at most.
    public var limit: Int { headLimit + tailLimit }

    public mutating func append(_ bytes: ArraySlice<UInt8>) {
        let room = min(headLimit - head.count, bytes.count)
        head += bytes.prefix(room)
        total += bytes.count
        guard tailLimit > 0 else { return }
        // A slice: without the type the suffix of any sequence is taken, which goes through all of it byte by byte.
        let end: ArraySlice<UInt8> = bytes.dropFirst(room).suffix(tailLimit)
        tail += end
        if tail.count > 2 * tailLimit { tail.removeFirst(tail.count - tailLimit) }
    }

    /// What is kept so far.
    public var output: CapturedOutput {
        let bytes = head + tail.suffix(tailLimit)
        return CapturedOutput(bytes: bytes, total: total, headCount: total > bytes.count ? head.count : nil)
    }
}
