// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A lock on a file. The kernel releases it when the holder's process ends, for any reason (flock(2)).
public struct FileLock: Sendable {
    private let descriptor: Descriptor

    /// Acquires the exclusive lock of the file at `path` without waiting. Creates a missing file with mode 0600.
    ///
    /// - Throws: `SystemError`: EAGAIN when another process has the lock.
    public init(path: String) throws(SystemError) {
        descriptor = try Descriptor.open(path, [.readWrite, .create], mode: 0o600)
        try Self.acquire(descriptor)
    }

    /// Acquires the exclusive lock of an open file without waiting. The lock lasts until every duplicate of the descriptor is
    /// closed and no loop device is bound to the open file.
    ///
    /// - Throws: `SystemError`: EAGAIN when the file is locked through another open(2).
    public static func acquire(_ file: Descriptor) throws(SystemError) {
        try checked("flock") { flock(file.number, LOCK_EX | LOCK_NB) }
    }

    /// Acquires a shared lock of an open file without waiting. It lasts as long as an exclusive lock would.
    ///
    /// - Throws: `SystemError`: EAGAIN when the file has an exclusive lock.
    public static func acquireShared(_ file: Descriptor) throws(SystemError) {
        try checked("flock") { flock(file.number, LOCK_SH | LOCK_NB) }
    }

    /// Releases the lock of an open file and closes the file. Closing alone is not enough: a child that has not executed its
    /// program yet still has a duplicate of the descriptor, and with it the lock.
    public static func release(_ file: Descriptor) {
        flock(file.number, LOCK_UN)
        file.closeNow()
    }
}
