// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The files of a live sandbox, with the rights of the sandbox's user: a call can do what a program of this user can
/// do, and no more.
///
/// Paths are absolute. Every call throws `not_found`; `forbidden` when the user has no right; `conflict` when the
/// existing file does not allow the call; `insufficient_storage` when the disk is full; `invalid_request` for an
/// invalid path; and `unavailable` when the sandbox stops meanwhile. Cancelling the task ends the call.
public protocol SandboxFiles: Sendable {
    /// Returns the kind, size, mode and times of a file.
    func information(at path: String, followsLink: Bool) async throws(OutpostError) -> FileInformation

    /// Reads a regular file or a part of it. Refuses other kinds, and never waits for a FIFO.
    ///
    /// - Parameters:
    ///   - offset: start of the part, in bytes.
    ///   - count: maximum size of the part, in bytes.
    func read(_ path: String, from offset: UInt64, count: UInt64) async throws(OutpostError) -> FileContent

    /// Starts to write a file. `finish` of the writer replaces the old file. Before that, nothing of the new file is
    /// visible.
    func write(_ path: String, options: FileWriteOptions) async throws(OutpostError) -> any FileWriter

    /// Lists the entries of a folder. A folder comes before its entries; there is no other order.
    ///
    /// - Parameter depth: how many levels of folders are listed, 1 to 256.
    func list(_ path: String, depth: Int) async throws(OutpostError) -> any PulledStream<[DirectoryEntry]>

    /// Creates a folder.
    ///
    /// - Parameter makesParents: whether to create missing parents. Then an existing folder is not an error.
    func makeDirectory(_ path: String, mode: UInt32, makesParents: Bool) async throws(OutpostError)

    /// Moves a file or folder. Replaces an existing file at the target. A folder cannot move to another file system.
    func move(_ path: String, to target: String) async throws(OutpostError)

    /// Removes a file or folder.
    ///
    /// - Parameter isRecursive: whether to remove a folder with its content.
    func remove(_ path: String, isRecursive: Bool) async throws(OutpostError)

    /// Makes a link. The path must not exist.
    ///
    /// - Parameters:
    ///   - target: the target of a symbolic link, which may be relative and need not exist; or the absolute path of the
    ///     file that gets another name.
    ///   - isHard: whether the link is another name of a file.
    func makeLink(_ path: String, to target: String, isHard: Bool) async throws(OutpostError)

    /// Reports the changes in a folder from now on. The stream ends when the folder is removed.
    func watch(_ path: String, isRecursive: Bool) async throws(OutpostError) -> any PulledStream<[DirectoryChange]>
}

/// A stream that produces a part only when the reader asks for it.
public protocol PulledStream<Element>: AnyObject, Sendable {
    associatedtype Element: Sendable

    /// Returns the next part. Nil at the end. Only one task may call this at a time.
    func next() async throws(OutpostError) -> Element?

    /// Ends the stream. The end of the last reference does the same.
    func close()
}

/// A stream of bytes.
public protocol ByteSource: PulledStream<[UInt8]> {
    /// Returns the next bytes in a buffer of this kind, as `next` does.
    func next<Bytes: FilledBytes>(as kind: Bytes.Type) async throws(OutpostError) -> Bytes?
}

extension ByteSource {
    public func next<Bytes: FilledBytes>(as kind: Bytes.Type) async throws(OutpostError) -> Bytes? {
        try await next().map { Bytes(copying: $0) }
    }
}

/// A file that is being read.
public struct FileContent: Sendable {
    /// The kind, size, mode and times of the file.
    public let information: FileInformation
    /// The content.
    public let bytes: any ByteSource

    /// Creates the content of a file.
    public init(_ information: FileInformation, _ bytes: any ByteSource) {
        self.information = information
        self.bytes = bytes
    }
}

/// A file that is being written. When its last reference ends before `finish`, the new content is removed.
public protocol FileWriter: AnyObject, Sendable {
    /// Adds bytes. Returns when there is room for more.
    func write(_ bytes: [UInt8]) async throws(OutpostError)

    /// Completes the file and replaces the old one.
    func finish() async throws(OutpostError) -> FileInformation

    /// Stops writing and removes the new content.
    func cancel()
}

/// A connection in both directions.
public protocol ByteStream: ByteSource {
    /// Sends bytes. Returns when there is room for more.
    func write(_ bytes: [UInt8]) async throws(OutpostError)

    /// Ends the outgoing direction. The other side reads the end of its input.
    func endWriting()
}
