// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore

/// An open file of this machine.
final class LocalFile: @unchecked Sendable {
    // One task at a time uses the file: the one that reads or writes the transfer.
    let descriptor: Int32
    private let path: String

    /// Opens a file for reading.
    ///
    /// - Parameter followsLink: whether a link at the path is followed.
    /// - Throws: `invalid_request`.
    convenience init(reading path: String, followsLink: Bool = true) throws(OutpostError) {
        // A FIFO or a device that the user has not named must not hold the transfer up.
        let flags = O_RDONLY | O_CLOEXEC | (followsLink ? 0 : O_NOFOLLOW | O_NONBLOCK)
        try self.init(opened: open(path, flags), path)
    }

    /// - Throws: `invalid_request` when `descriptor` is that of a failed open(2).
    init(opened descriptor: Int32, _ path: String) throws(OutpostError) {
        self.descriptor = descriptor
        self.path = path
        guard descriptor >= 0 else { throw Self.failure("open", path) }
    }

    deinit { close(descriptor) }

    /// What fstat(2) tells.
    func status() throws(OutpostError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw Self.failure("read", path) }
        return status
    }

    /// Returns the next bytes. Nil at the end.
    func next(most: Int = 262_144) throws(OutpostError) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: most)
        while true {
            let count = read(descriptor, &bytes, most)
            if count > 0 { return count == most ? bytes : Array(bytes.prefix(count)) }
            if count == 0 { return nil }
            if errno != EINTR { throw Self.failure("read", path) }
        }
    }

    /// Writes all bytes.
    func write(_ bytes: [UInt8]) throws(OutpostError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 { rest = rest.dropFirst(count) } else if errno != EINTR { throw Self.failure("write", path) }
        }
    }

    static func failure(_ action: String, _ path: String) -> OutpostError {
        OutpostError(.invalidRequest, "cannot \(action) \(path): \(String(cString: strerror(errno)))")
    }
}

/// Returns whether `path` is a folder, or a link to one.
func isLocalFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}
