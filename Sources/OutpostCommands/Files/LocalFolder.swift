// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore
import OutpostTar

/// An open folder of this machine. Its methods follow no link, so nothing outside of the folder is touched.
final class LocalFolder: @unchecked Sendable {
    // The descriptor never changes.
    private let descriptor: Int32
    private let path: String

    /// Opens a folder. Follows a link, because the user has named it.
    ///
    /// - Throws: `invalid_request`.
    init(_ path: String) throws(OutpostError) {
        self.path = path
        descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw LocalFile.failure("open", path) }
    }

    private init(_ name: String, in folder: LocalFolder) throws(OutpostError) {
        path = "\(folder.path)/\(name)"
        descriptor = openat(folder.descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { throw LocalFile.failure("open", path) }
    }

    deinit { close(descriptor) }

    /// Opens the folder `name`, and makes it when it is missing.
    func folder(_ name: String) throws(OutpostError) -> LocalFolder {
        guard mkdirat(descriptor, name, 0o755) == 0 || errno == EEXIST else {
            throw LocalFile.failure("make", "\(path)/\(name)")
        }
        return try LocalFolder(name, in: self)
    }

    /// Starts a file under a name that nothing else has.
    func draft() throws(OutpostError) -> (name: String, file: LocalFile) {
        let name = ".outpost-" + hexadecimal(UInt64.random(in: 0...UInt64.max), digits: 16)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        return (name, try LocalFile(opened: openat(descriptor, name, flags, 0o600), "\(path)/\(name)"))
    }

    /// Gives a complete draft its mode, the time of its last change unless it is nil, and its name. Replaces a file or a link.
    func place(
        _ draft: (name: String, file: LocalFile), as name: String, mode: UInt32, modified: TarTime? = nil
    ) throws(OutpostError) {
        let file = draft.file.descriptor
        let time = modified.map { timespec(tv_sec: Int($0.seconds), tv_nsec: Int($0.nanoseconds)) }
        guard fchmod(file, mode & 0o777) == 0, time.map({ futimens(file, [$0, $0]) }) ?? 0 == 0,
            renameat(descriptor, draft.name, descriptor, name) == 0
        else { throw LocalFile.failure("write", "\(path)/\(name)") }
    }

    /// Removes a draft.
    func remove(_ draft: (name: String, file: LocalFile)) { unlinkat(descriptor, draft.name, 0) }

    /// Makes a symbolic link. Replaces a file or a link.
    func link(_ name: String, to target: String) throws(OutpostError) {
        if symlinkat(target, descriptor, name) == 0 { return }
        guard errno == EEXIST, unlinkat(descriptor, name, 0) == 0, symlinkat(target, descriptor, name) == 0 else {
            throw LocalFile.failure("link", "\(path)/\(name)")
        }
    }
}
