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
        try checked("flock", path: path) { flock(descriptor.number, LOCK_EX | LOCK_NB) }
    }
}
