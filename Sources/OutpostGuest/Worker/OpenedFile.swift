// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import OutpostLinux
import OutpostWire

/// A regular file at the start of the part that a request reads.
struct OpenedFile {
    /// The number of the request.
    let number: UInt32
    let descriptor: Descriptor
    let details: FileInformation
    /// The most bytes to read.
    let length: UInt64

    /// Opens the file. It never waits for a FIFO or a device.
    ///
    /// - Throws: `SystemError`: EISDIR for a folder, EINVAL for another entry that is no regular file.
    init(_ number: UInt32, _ path: String, offset: UInt64, length: UInt64) throws(SystemError) {
        self.number = number
        self.length = length
        do throws(SystemError) {
            descriptor = try Descriptor.open(path, [.readOnly, .nonBlocking, .noControllingTerminal])
            details = try FileInformation(descriptor)
            guard details.kind != .directory else { throw SystemError("read", number: SystemError.isADirectory) }
            guard details.kind == .file else { throw SystemError("read", number: SystemError.invalid) }
            if offset > 0 { try descriptor.seek(to: offset) }
        } catch {
            throw SystemError(error.operation, path: path, number: error.number)
        }
    }
}
