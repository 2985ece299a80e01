// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import OutpostCore

/// Reads input up to the largest size that any server accepts.
enum BoundedReading {
    /// The most bytes of one run's input: the largest `body_limit_bytes` that a server can have.
    static let mostBytes = 1 << 30

    /// Reads an open file to its end. Holds at most `limit` bytes and one piece.
    ///
    /// - Parameters:
    ///   - name: the name of the file for errors.
    ///   - wait: called before each read.
    /// - Throws: `invalid_request` when the file is longer than `limit` bytes or cannot be read.
    static func bytes(
        of descriptor: Int32, _ name: String, limit: Int = mostBytes, wait: () -> Void = {}
    ) throws(OutpostError) -> [UInt8] {
        var bytes: [UInt8] = []
        if let size = size(of: descriptor) {
            guard size <= limit else { throw tooLong(name, limit) }
            bytes.reserveCapacity(size)
        }
        var part = [UInt8](repeating: 0, count: 65_536)
        while true {
            wait()
            let count = read(descriptor, &part, part.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw OutpostError(.invalidRequest, "cannot read \(name): \(String(cString: strerror(errno)))")
            }
            guard bytes.count + count <= limit else { throw tooLong(name, limit) }
            bytes += part.prefix(count)
        }
    }

    /// Reads the file at `path` to its end, like `bytes(of:_:limit:wait:)`.
    static func bytes(ofFile path: String, limit: Int = mostBytes) throws(OutpostError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw OutpostError(.invalidRequest, "cannot read \(path): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        return try bytes(of: descriptor, path, limit: limit)
    }

    /// Returns the error for input with more than `limit` bytes.
    static func tooLong(_ name: String, _ limit: Int = mostBytes) -> OutpostError {
        OutpostError(.invalidRequest, "\(name) is longer than \(limit) bytes, and no server accepts more")
    }

    /// Returns the size of a regular file; nil for other files, whose size is unknown.
    private static func size(of descriptor: Int32) -> Int? {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }
}
