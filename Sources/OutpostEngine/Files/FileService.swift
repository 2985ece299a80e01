// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostSandboxing

/// The calls on the files of stateful sandboxes. Each call starts the sandbox if it is not running. It can do what a program
/// of the sandbox's user can do, and no more.
///
/// Every call throws `not_found` for an unknown sandbox or path; `conflict` for an ephemeral sandbox, and when the existing
/// file does not allow the call; `forbidden` when the user has no right; `insufficient_storage` when the disk is full;
/// `rate_limited` when too many calls on the sandbox's files are in progress; and `unavailable` when the sandbox stops
/// meanwhile.
public struct FileService: Sendable {
    private let sandboxes: SandboxService
    private let places = FilePlaces()

    init(_ sandboxes: SandboxService) { self.sandboxes = sandboxes }

    /// Begins a call.
    func session(_ target: FileTarget) async throws(OutpostError) -> FileSession {
        let sandbox = try await sandboxes.sandbox(target.sandbox, in: target.namespace)
        let place = try places.take(target.sandbox)
        let hold = try await sandboxes.hold(target.sandbox, in: target.namespace, for: .call)
        return FileSession(try await hold.instance.files, target.path, in: sandbox, hold, place)
    }

    /// Returns the information of a file. Follows a link.
    public func information(_ target: FileTarget) async throws(OutpostError) -> FileInformation {
        let session = try await session(target)
        defer { session.release() }
        return try await session.files.information(at: session.path, followsLink: true)
    }

    /// Opens a regular file for reading.
    ///
    /// - Throws: `conflict` for anything but a regular file.
    public func read(_ target: FileTarget) async throws(OutpostError) -> FileDownload {
        try await readWhole(try await session(target))
    }

    /// Opens a part of a regular file for reading.
    ///
    /// - Parameters:
    ///   - range: the part in bytes, inside of the file.
    ///   - file: the file as the caller knows it.
    /// - Returns: nil when the file is not this one any more.
    /// - Throws: `conflict` for anything but a regular file.
    public func read(
        _ target: FileTarget, _ range: Range<UInt64>, of file: FileInformation
    ) async throws(OutpostError) -> FileDownload? {
        let session = try await session(target)
        let content = try await session.files.read(
            session.path, from: range.lowerBound, count: range.upperBound - range.lowerBound)
        let download = FileDownload(content.information, range, content.bytes, session)
        return content.information == file ? download : nil
    }

    private func readWhole(_ session: FileSession) async throws(OutpostError) -> FileDownload {
        let content = try await session.files.read(session.path, from: 0, count: .max)
        let information = content.information
        guard information.size == 0 else {
            return FileDownload(information, 0..<information.size, content.bytes, session)
        }
        // Files in /proc say that they are empty (proc(5)).
        let first = try await content.bytes.next()
        return FileDownload(information, first == nil ? 0..<0 : nil, content.bytes, session, first: first)
    }

    /// Starts to write a file. A link at the path is replaced, not followed.
    ///
    /// - Parameters:
    ///   - mode: permission bits. Nil keeps the bits of an existing file, and means 0644 for a new one.
    ///   - isNew: whether an existing file is a conflict.
    ///   - check: gets the existing file, and throws when it may not be replaced.
    /// - Throws: what `check` throws; `conflict` for a folder.
    public func write(
        _ target: FileTarget, mode: UInt32?, makesParents: Bool, isNew: Bool = false,
        check: (FileInformation?) throws(OutpostError) -> Void = { _ in }
    ) async throws(OutpostError) -> FileUpload {
        guard target.path.utf8.last != UInt8(ascii: "/") else {
            throw OutpostError(.invalidRequest, "the path of a file must not end with a slash")
        }
        let session = try await session(target)
        let previous = try await existing(session)
        try check(previous)
        let options = FileWriteOptions(mode: mode, makesParents: makesParents, isNew: isNew)
        return FileUpload(
            try await session.files.write(session.path, options: options), replacing: previous, session)
    }

    /// Returns the file at the path, or the link itself when its target does not exist. Nil when there is nothing.
    private func existing(_ session: FileSession) async throws(OutpostError) -> FileInformation? {
        for followsLink in [true, false] {
            do throws(OutpostError) {
                return try await session.files.information(at: session.path, followsLink: followsLink)
            } catch {
                guard error.code == .notFound else { throw error }
            }
        }
        return nil
    }

    /// Lists the entries of a folder. A folder comes before its entries; there is no other order.
    ///
    /// - Parameter depth: how many levels of folders are listed, 1 to 256.
    /// - Returns: the absolute path of the folder, and its entries with paths below it.
    public func list(
        _ target: FileTarget, depth: Int
    ) async throws(OutpostError) -> (path: String, entries: FileStream<[DirectoryEntry]>) {
        let session = try await session(target)
        let entries = try await folder(session) { () async throws(OutpostError) in
            try await session.files.list(session.path, depth: depth)
        }
        return (session.path, FileStream(entries, session) { $0.filter { !DraftName.isDraft($0.path) } })
    }

    /// Watches a folder. The watch stands when this returns, so a later list shows every change that it does not report.
    public func watch(_ target: FileTarget, isRecursive: Bool) async throws(OutpostError) -> FolderChanges {
        let session = try await session(target)
        let changes = try await folder(session) { () async throws(OutpostError) in
            do throws(OutpostError) {
                return try await session.files.watch(session.path, isRecursive: isRecursive)
            } catch {
                // The kernel's limit of watches has the number of a full disk (inotify_add_watch(2)).
                guard error.code == .insufficientStorage else { throw error }
                throw OutpostError(
                    .conflict, "\(session.path) has too many folders to watch all of them (ENOSPC)", cause: error)
            }
        }
        return FolderChanges(FileStream(changes, session) { $0.compactMap(\.withoutDrafts) }, at: session.path)
    }

    /// Calls `open`, which opens a folder. The kernel's error for a file there is that of a missing file (ENOTDIR).
    ///
    /// - Throws: `conflict` when the path is no folder.
    func folder<Opened>(
        _ session: FileSession, _ open: () async throws(OutpostError) -> Opened
    ) async throws(OutpostError) -> Opened {
        do throws(OutpostError) {
            return try await open()
        } catch {
            guard error.code == .notFound else { throw error }
            let found = try await session.files.information(at: session.path, followsLink: true)
            guard found.kind != .directory else { throw error }
            throw OutpostError(.conflict, "\(session.path) is not a folder (ENOTDIR)", cause: error)
        }
    }

    /// Creates a folder.
    ///
    /// - Parameter makesParents: whether to create missing parents. Then an existing folder is not an error.
    public func makeDirectory(_ target: FileTarget, mode: UInt32, makesParents: Bool) async throws(OutpostError) {
        let session = try await session(target)
        defer { session.release() }
        try await session.files.makeDirectory(session.path, mode: mode, makesParents: makesParents)
    }

    /// Moves a file or folder. Replaces an existing file at the new path.
    ///
    /// - Parameter path: absolute, or relative to the working directory.
    public func move(_ target: FileTarget, to path: String) async throws(OutpostError) {
        let session = try await session(target)
        defer { session.release() }
        try await session.files.move(session.path, to: session.absolute(path))
    }

    /// Removes a file or folder.
    ///
    /// - Parameter isRecursive: whether to remove a folder with its content.
    public func remove(_ target: FileTarget, isRecursive: Bool) async throws(OutpostError) {
        let session = try await session(target)
        defer { session.release() }
        try await session.files.remove(session.path, isRecursive: isRecursive)
    }
}
