// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A buffer that a stream of bytes fills in place, so that the bytes are not copied on their way.
public protocol FilledBytes: Sendable {
    /// Makes a buffer. `fill` writes to the start of `capacity` bytes of memory, and returns the number of bytes that it wrote.
    init(capacity: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Int)

    /// The number of bytes.
    var byteCount: Int { get }

    /// Removes all bytes but the first `count`.
    mutating func cut(to count: Int)
}

extension FilledBytes {
    /// Makes a copy of `bytes`.
    public init(copying bytes: [UInt8]) {
        self.init(capacity: bytes.count) { memory in
            memory.copyBytes(from: bytes)
            return bytes.count
        }
    }
}

extension [UInt8]: FilledBytes {
    public init(capacity: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Int) {
        self.init(unsafeUninitializedCapacity: capacity) { $1 = fill(UnsafeMutableRawBufferPointer($0)) }
    }

    public var byteCount: Int { count }

    public mutating func cut(to count: Int) { removeLast(self.count - count) }
}
