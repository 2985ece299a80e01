// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostSandboxing
import Synchronization

/// The bytes of a file on their way to a reader. It gives exactly `count` bytes, or fails.
public final class FileDownload: Sendable {
    /// The file at the moment when it was opened.
    public let information: FileInformation
    /// The part of the file, in bytes. Nil for a file without a size, such as those in /proc.
    public let range: Range<UInt64>?
    private let stream: FileStream<[UInt8]>
    private let state: Mutex<State>

    private struct State {
        /// The first part of a file without a size.
        var first: [UInt8]?
        /// Bytes that are left.
        var rest: UInt64
    }

    /// - Parameter first: the first part, which was read already, of a file without a size.
    init(
        _ information: FileInformation, _ range: Range<UInt64>?, _ stream: FileStream<[UInt8]>, first: [UInt8]? = nil
    ) {
        self.information = information
        self.range = range
        self.stream = stream
        state = Mutex(State(first: first, rest: range.map { $0.upperBound - $0.lowerBound } ?? .max))
    }

    /// Returns the next bytes. Nil at the end. Bytes that were appended to the file meanwhile are left out.
    ///
    /// - Throws: `conflict` when the file has become shorter; `unavailable` when the sandbox stops meanwhile.
    public func next() async throws(OutpostError) -> [UInt8]? {
        let (first, rest) = state.withLock { state in
            defer { state.first = nil }
            return (state.first, state.rest)
        }
        if let first { return first }
        guard rest > 0 else { return nil }
        guard let part = try await stream.next() else {
            guard range == nil else {
                throw OutpostError(.conflict, "the file has become shorter while it was sent")
            }
            return nil
        }
        guard range != nil else { return part }
        let taken = UInt64(part.count) > rest ? Array(part.prefix(Int(rest))) : part
        state.withLock { $0.rest -= UInt64(taken.count) }
        return taken
    }

    /// Ends the download.
    public func close() { stream.close() }
}
