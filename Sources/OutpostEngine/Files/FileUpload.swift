// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostSandboxing

/// A file on its way into a sandbox. The old file stays until `finish`, also when the upload ends before.
public final class FileUpload: Sendable {
    /// The file before the upload. Nil when there was none.
    public let previous: FileInformation?
    private let writer: any FileWriter
    private let session: FileSession

    init(_ writer: any FileWriter, replacing previous: FileInformation?, _ session: FileSession) {
        self.writer = writer
        self.previous = previous
        self.session = session
    }

    deinit { cancel() }

    /// Adds bytes. Returns when there is room for more.
    ///
    /// - Throws: `insufficient_storage` when the disk is full; `unavailable` when the sandbox stops meanwhile.
    public func write(_ bytes: [UInt8]) async throws(OutpostError) { try await writer.write(bytes) }

    /// Completes the file and replaces the old one.
    ///
    /// - Throws: as `write`; `conflict` when the path became a folder meanwhile.
    public func finish() async throws(OutpostError) -> FileInformation {
        defer { session.release() }
        return try await writer.finish()
    }

    /// Removes the new bytes. Has no effect after `finish`.
    public func cancel() {
        writer.cancel()
        session.release()
    }
}
