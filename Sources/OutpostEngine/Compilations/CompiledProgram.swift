// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Crypto
import OutpostCore

/// A compiled program, and the messages of its compiler.
struct CompiledProgram: Hashable, Sendable {
    var program: [UInt8]
    var stdout: CapturedOutput
    var stderr: CapturedOutput
}

/// The encoding in the cache: the SHA-256 of the rest; four little-endian numbers of 8 bytes (kept and written bytes of
/// stdout, kept and written bytes of stderr); stdout; stderr; the program.
extension CompiledProgram {
    private static let numberSize = 8
    private static let headerSize = SHA256.byteCount + 4 * numberSize

    /// The size of `encoded`, in bytes.
    var encodedSize: Int { Self.headerSize + stdout.bytes.count + stderr.bytes.count + program.count }

    /// The bytes that the cache stores.
    var encoded: [UInt8] {
        var rest: [UInt8] = []
        rest.reserveCapacity(encodedSize)
        for number in [stdout.bytes.count, stdout.total, stderr.bytes.count, stderr.total] {
            withUnsafeBytes(of: Int64(number).littleEndian) { rest.append(contentsOf: $0) }
        }
        rest += stdout.bytes
        rest += stderr.bytes
        rest += program
        return Array(SHA256.hash(data: rest)) + rest
    }

    /// Decodes a cache entry. Nil when the checksum or the lengths are wrong.
    init?(encoded bytes: [UInt8]) {
        guard bytes.count >= Self.headerSize else { return nil }
        let rest = bytes[SHA256.byteCount...]
        var hash = SHA256()
        rest.withUnsafeBytes { hash.update(bufferPointer: $0) }
        guard hash.finalize() == bytes[..<SHA256.byteCount] else { return nil }
        let numbers = (0..<4).map { position in
            let start = SHA256.byteCount + position * Self.numberSize
            return bytes[start..<start + Self.numberSize].reversed().reduce(0) { $0 << 8 | Int($1) }
        }
        let content = bytes[Self.headerSize...]
        guard numbers.allSatisfy({ $0 >= 0 }), numbers[0] <= content.count,
            numbers[2] <= content.count - numbers[0]
        else { return nil }
        let afterStdout = content.dropFirst(numbers[0])
        stdout = CapturedOutput(bytes: Array(content.prefix(numbers[0])), total: numbers[1])
        stderr = CapturedOutput(bytes: Array(afterStdout.prefix(numbers[2])), total: numbers[3])
        program = Array(afterStdout.dropFirst(numbers[2]))
    }
}
