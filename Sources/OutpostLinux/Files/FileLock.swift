// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A lock that the kernel releases when its holder dies, however that happens (flock(2)).
public struct FileLock: Sendable {
    private let descriptor: Descriptor

    /// Takes the lock without waiting.
    ///
    /// - Throws: `SystemError`, EAGAIN when another process holds it.
    public init(path: String) throws(SystemError) {
        descriptor = try Descriptor.open(path, [.readWrite, .create], mode: 0o600)
        try Self.acquire(descriptor)
    }

    /// Takes the lock of an open file without waiting. It holds until the last user of that open file lets go of it, and a
    /// loop device that was bound to it is one.
    ///
    /// - Throws: `SystemError`, EAGAIN when the file is locked through another opening of it.
    public static func acquire(_ file: Descriptor) throws(SystemError) {
        try checked("flock") { flock(file.number, LOCK_EX | LOCK_NB) }
    }

    /// The same for a lock that others may share.
    ///
    /// - Throws: `SystemError`, EAGAIN when somebody has it alone.
    public static func acquireShared(_ file: Descriptor) throws(SystemError) {
        try checked("flock") { flock(file.number, LOCK_SH | LOCK_NB) }
    }

    /// Gives the lock of an open file back and closes the file. A child that has not executed its program yet has the same
    /// open file, so closing alone would leave it locked for a moment.
    public static func release(_ file: Descriptor) {
        flock(file.number, LOCK_UN)
        file.closeNow()
    }
}
