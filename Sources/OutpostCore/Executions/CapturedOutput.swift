// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Which part of a stream is kept when it is longer than the run's output limit.
public enum OutputKeep: String, Sendable, CaseIterable {
    /// Three quarters of the limit from the start and one from the end, where most programs say how it went.
    case both
    /// The start.
    case head
}

/// What a run wrote to one stream: the kept parts, and how much there was.
public struct CapturedOutput: Hashable, Sendable {
    /// At most the run's output limit: the start of the stream, and what is kept of its end.
    public var bytes: [UInt8]
    /// Bytes written, kept or not.
    public var total: Int
    /// How many of `bytes` are the start; what is missing is missing after them.
    public var headCount: Int

    /// - Parameter headCount: nil for a start without an end.
    public init(bytes: [UInt8] = [], total: Int = 0, headCount: Int? = nil) {
        self.bytes = bytes
        self.total = total
        self.headCount = headCount ?? bytes.count
    }

    public var isTruncated: Bool { total > bytes.count }

    /// No more than so many bytes of it, from its start.
    public func limited(to limit: Int) -> CapturedOutput {
        guard bytes.count > limit else { return self }
        return CapturedOutput(bytes: Array(bytes.prefix(limit)), total: total, headCount: min(headCount, limit))
    }
}
