// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The part of a stream that is kept when the stream is longer than the run's output limit.
public enum OutputKeep: String, Sendable, CaseIterable {
    /// The start with three quarters of the limit and the end with one quarter. Many programs print errors at the end.
    case both
    /// The start only.
    case head
}

/// What a run wrote to one stream: the kept bytes, and the number of all bytes.
public struct CapturedOutput: Hashable, Sendable {
    /// The kept bytes: the start of the stream, then its end. Not more than the run's output limit.
    public var bytes: [UInt8]
    /// The number of bytes that the run wrote, kept or not.
    public var total: Int
    /// The number of `bytes` that are the start of the stream. The omitted bytes would follow them.
    public var headCount: Int

    /// - Parameter headCount: nil when all of `bytes` are the start.
    public init(bytes: [UInt8] = [], total: Int = 0, headCount: Int? = nil) {
        self.bytes = bytes
        self.total = total
        self.headCount = headCount ?? bytes.count
    }

    /// Whether bytes were omitted.
    public var isTruncated: Bool { total > bytes.count }

    /// The same output with only its first `limit` bytes kept.
    public func limited(to limit: Int) -> CapturedOutput {
        guard bytes.count > limit else { return self }
        return CapturedOutput(bytes: Array(bytes.prefix(limit)), total: total, headCount: min(headCount, limit))
    }

    /// The kept bytes of the stream from the byte `offset` of the whole stream on.
    public func bytes(from offset: Int) -> [UInt8] {
        let tailStart = total - (bytes.count - headCount)
        let tail = bytes[headCount...].dropFirst(max(0, offset - tailStart))
        return Array(bytes[..<headCount].dropFirst(offset) + tail)
    }
}
