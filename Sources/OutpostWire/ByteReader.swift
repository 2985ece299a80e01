// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The error of a message that breaks the protocol.
public struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong with the message.
    public let description: String
    /// An error with this description.
    public init(_ description: String) { self.description = description }
}

/// Reads values from bytes that a hostile peer may have sent. It checks every length against the remaining bytes. All methods
/// throw `WireError` for bytes that do not encode the value.
public struct ByteReader {
    private var rest: ArraySlice<UInt8>

    /// A reader at the first byte.
    public init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    /// Reads an integer, little-endian.
    public mutating func integer<Value: FixedWidthInteger>(_: Value.Type = Value.self) throws(WireError) -> Value {
        let size = MemoryLayout<Value>.size
        let taken = try take(size)
        var value = Value.zero
        for byte in taken.reversed() { value = (size == 1 ? 0 : value << 8) | Value(truncatingIfNeeded: byte) }
        return value
    }

    /// Reads one byte, 0 or 1. Any other byte is an error, because every message must have only one encoding.
    public mutating func boolean() throws(WireError) -> Bool {
        let byte = try integer(UInt8.self)
        guard byte <= 1 else { throw WireError("\(byte) is neither true nor false") }
        return byte == 1
    }

    /// Reads a length of 4 bytes and that many bytes.
    public mutating func byteArray() throws(WireError) -> [UInt8] {
        Array(try take(Int(try integer(UInt32.self))))
    }

    /// Reads a length of 4 bytes and that many bytes of UTF-8. Invalid UTF-8 is an error and is not repaired, so that
    /// comparisons use exactly the text that was sent.
    public mutating func string() throws(WireError) -> String {
        let bytes = try take(Int(try integer(UInt32.self)))
        guard let text = String(validating: bytes, as: UTF8.self) else { throw WireError("text is not UTF-8") }
        return text
    }

    /// Reads a count of 4 bytes and that many strings.
    public mutating func strings() throws(WireError) -> [String] {
        let count = Int(try integer(UInt32.self))
        // Each string has a length of 4 bytes. A larger count is invalid, and must not reserve memory.
        guard count <= rest.count / 4 else { throw WireError("count \(count) exceeds the frame") }
        var result: [String] = []
        result.reserveCapacity(count)
        for _ in 0..<count { result.append(try string()) }
        return result
    }

    /// Reads all remaining bytes.
    mutating func takeRest() -> [UInt8] {
        defer { rest = [] }
        return Array(rest)
    }

    /// Checks that no bytes remain.
    public func finish() throws(WireError) {
        if !rest.isEmpty { throw WireError("\(rest.count) bytes left over") }
    }

    private mutating func take(_ count: Int) throws(WireError) -> ArraySlice<UInt8> {
        guard count <= rest.count else { throw WireError("frame ends \(count - rest.count) bytes early") }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}
