// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import CZlib

/// Compression with zlib (RFC 1950). The original length stands before the compressed bytes: 8 bytes, little-endian.
enum Deflate {
    /// Bytes before the compressed bytes.
    static let headerSize = 8

    /// Compresses `bytes` with zlib's fastest level, which is enough for the repetitive output of programs.
    ///
    /// - Returns: nil when zlib fails.
    static func compressed(_ bytes: [UInt8]) -> [UInt8]? {
        var length = compressBound(uLong(bytes.count))
        var result = [UInt8](repeating: 0, count: headerSize + Int(length))
        for index in 0..<headerSize { result[index] = UInt8(truncatingIfNeeded: bytes.count >> (8 * index)) }
        let status = result.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.map { compress2($0 + headerSize, &length, bytes, uLong(bytes.count), 1) }
        }
        guard status == Z_OK else { return nil }
        return Array(result.prefix(headerSize + Int(length)))
    }

    /// Returns the original length, by the first `headerSize` bytes.
    ///
    /// - Returns: nil when there are fewer bytes, or the length is damaged.
    static func originalLength(_ header: ArraySlice<UInt8>) -> Int? {
        guard header.count == headerSize else { return nil }
        return Int(exactly: header.reversed().reduce(0) { $0 << 8 | UInt64($1) })
    }

    /// Expands `bytes` that `compressed` made.
    ///
    /// - Parameter limit: the largest original length.
    /// - Returns: nil when `bytes` is damaged or its original is larger than `limit`.
    static func expanded(_ bytes: [UInt8], limit: Int) -> [UInt8]? {
        guard bytes.count > headerSize, let count = originalLength(bytes[..<headerSize]), count <= limit else {
            return nil
        }
        var length = uLong(count)
        var result = [UInt8](repeating: 0, count: count)
        let status = bytes.withUnsafeBufferPointer { source in
            source.baseAddress.map { uncompress(&result, &length, $0 + headerSize, uLong(bytes.count - headerSize)) }
        }
        return status == Z_OK && length == uLong(count) ? result : nil
    }
}
