// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import COutpost
import Glibc

/// An executable in memory that no process can change, not even through `/proc/PID/exe` (CVE-2019-5736).
public struct SealedImage: Sendable {
    /// The sealed memfd.
    public let descriptor: Descriptor

    /// Copies `bytes` into a sealed memfd (memfd_create(2), F_ADD_SEALS in fcntl(2)).
    public init(name: String, bytes: UnsafeRawBufferPointer) throws(SystemError) {
        guard !bytes.isEmpty else { throw SystemError("memfd_create", path: name, number: ENODATA) }
        let image = Descriptor(owning: try shim("memfd_create", path: name) { outpost_memfd(name) })
        try image.writeAll(Array(bytes))
        _ = try shim("fcntl F_ADD_SEALS", path: name) { outpost_seal(image.number) }
        descriptor = image
    }
}
