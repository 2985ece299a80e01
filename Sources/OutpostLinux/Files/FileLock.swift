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
        try Self.take(descriptor)
    }

    /// Takes the lock of an open file without waiting. It holds until the last user of that open file lets go of it, and a
    /// loop device that was bound to it is one.
    ///
    /// - Throws: `SystemError`, EAGAIN when the file is locked through another opening of it.
    public static func take(_ file: Descriptor) throws(SystemError) {
        try checked("flock") { flock(file.number, LOCK_EX | LOCK_NB) }
    }
}
