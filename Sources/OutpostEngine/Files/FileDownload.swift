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
    private let bytes: any ByteSource
    private let session: FileSession
    private let state: Mutex<State>

    private struct State {
        /// The first part of a file without a size.
        var first: [UInt8]?
        /// Bytes that are left.
        var rest: UInt64
    }

    /// - Parameter first: the first part, which was read already, of a file without a size.
    init(
        _ information: FileInformation, _ range: Range<UInt64>?, _ bytes: any ByteSource, _ session: FileSession,
        first: [UInt8]? = nil
    ) {
        self.information = information
        self.range = range
        self.bytes = bytes
        self.session = session
        state = Mutex(State(first: first, rest: range.map { $0.upperBound - $0.lowerBound } ?? .max))
    }

    deinit { close() }

    /// Returns the next bytes in a buffer of this kind. Nil at the end. Bytes that were appended to the file meanwhile are left out.
    ///
    /// - Throws: `conflict` when the file has become shorter; `unavailable` when the sandbox stops meanwhile.
    public func next<Bytes: FilledBytes>(
        as kind: Bytes.Type = [UInt8].self
    ) async throws(OutpostError) -> Bytes? {
        let (first, rest) = state.withLock { state in
            defer { state.first = nil }
            return (state.first, state.rest)
        }
        if let first { return Bytes(copying: first) }
        guard rest > 0 else { return nil }
        guard var part = try await bytes.next(as: kind) else {
            guard range == nil else {
                throw OutpostError(.conflict, "the file has become shorter while it was sent")
            }
            return nil
        }
        guard range != nil else { return part }
        if UInt64(part.byteCount) > rest { part.cut(to: Int(rest)) }
        let count = UInt64(part.byteCount)
        state.withLock { $0.rest -= count }
        return part
    }

    /// Ends the download.
    public func close() {
        bytes.close()
        session.release()
    }
}
