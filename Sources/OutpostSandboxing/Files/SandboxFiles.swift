// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The files of a sandbox that is up, as the sandbox's user sees them: what a program of the user could not do, these cannot.
///
/// Paths are absolute. Every call throws `not_found`, `forbidden` where the user has no right to it, `conflict` where something
/// of another kind is or is not there, `insufficient_storage` when the sandbox's disk is full, `invalid_request` for a path
/// that cannot be one, and `unavailable` when the sandbox goes away meanwhile. Cancelling the task ends the call.
public protocol SandboxFiles: Sendable {
    /// What is at a path.
    func information(at path: String, followsLink: Bool) async throws(OutpostError) -> FileInformation

    /// Reads a file, or a part of it. Only files have content: a FIFO or a device is refused and not waited for.
    ///
    /// - Parameters:
    ///   - offset: where the part begins, in bytes.
    ///   - count: bytes at the most.
    func read(_ path: String, from offset: UInt64, count: UInt64) async throws(OutpostError) -> FileContent

    /// Begins a file. Nothing of it is seen before `finish`, which puts it in the place of what is there.
    func write(_ path: String, options: FileWriteOptions) async throws(OutpostError) -> any FileWriter

    /// The entries of a folder, in no order but that a folder comes before what is in it.
    ///
    /// - Parameter depth: 1 for the folder's own, 2 for those of the folders in it too, and so on; 256 at the most.
    func list(_ path: String, depth: Int) async throws(OutpostError) -> any PulledStream<[DirectoryEntry]>

    /// Makes a folder.
    ///
    /// - Parameter makesParents: whether those above it are made too, and one that is there already is fine.
    func makeDirectory(_ path: String, mode: UInt32, makesParents: Bool) async throws(OutpostError)

    /// Moves what is at a path, in the place of a file that is there. A folder does not go to another file system.
    func move(_ path: String, to target: String) async throws(OutpostError)

    /// Removes what is at a path.
    ///
    /// - Parameter isRecursive: whether a folder goes with all that is in it.
    func remove(_ path: String, isRecursive: Bool) async throws(OutpostError)

    /// Tells what changes in a folder from now on; ends when the folder is gone.
    func watch(_ path: String, isRecursive: Bool) async throws(OutpostError) -> any PulledStream<[DirectoryChange]>
}

/// What comes as fast as it is taken.
public protocol PulledStream<Element>: AnyObject, Sendable {
    associatedtype Element: Sendable

    /// The next part; nil at the end. To be called by one task at a time.
    func next() async throws(OutpostError) -> Element?

    /// Wants nothing more. So does the end of the last reference.
    func close()
}

/// A file that is read.
public struct FileContent: Sendable {
    public let information: FileInformation
    public let bytes: any PulledStream<[UInt8]>

    public init(_ information: FileInformation, _ bytes: any PulledStream<[UInt8]>) {
        self.information = information
        self.bytes = bytes
    }
}

/// A file that is being written. When its last reference ends before `finish` nothing of it is left.
public protocol FileWriter: AnyObject, Sendable {
    /// Adds bytes; returns when there is room for more.
    func write(_ bytes: [UInt8]) async throws(OutpostError)

    /// Puts the file in its place.
    func finish() async throws(OutpostError) -> FileInformation

    /// Drops it.
    func cancel()
}

/// A connection in both directions.
public protocol ByteStream: PulledStream<[UInt8]> {
    /// Sends bytes; returns when there is room for more.
    func write(_ bytes: [UInt8]) async throws(OutpostError)

    /// Sends nothing more; the other side reads the end.
    func endWriting()
}
