// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A frame that is not what it claims to be.
public struct WireError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
    public init(_ description: String) { self.description = description }
}

/// Takes values from bytes that a hostile peer may have written: every length is checked against what is there.
public struct ByteReader {
    private var rest: ArraySlice<UInt8>

    public init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    public mutating func integer<Value: FixedWidthInteger>(_: Value.Type = Value.self) throws(WireError) -> Value {
        let size = MemoryLayout<Value>.size
        let taken = try take(size)
        var value = Value.zero
        for byte in taken.reversed() { value = (size == 1 ? 0 : value << 8) | Value(truncatingIfNeeded: byte) }
        return value
    }

    /// One byte, 0 or 1; any other is an error, so that no message has two spellings.
    public mutating func boolean() throws(WireError) -> Bool {
        let byte = try integer(UInt8.self)
        guard byte <= 1 else { throw WireError("\(byte) is neither true nor false") }
        return byte == 1
    }

    public mutating func byteArray() throws(WireError) -> [UInt8] {
        Array(try take(Int(try integer(UInt32.self))))
    }

    /// Text; bytes that are not UTF-8 are an error, so that what is compared is what was sent.
    public mutating func string() throws(WireError) -> String {
        let bytes = try take(Int(try integer(UInt32.self)))
        guard let text = String(validating: bytes, as: UTF8.self) else { throw WireError("text is not UTF-8") }
        return text
    }

    public mutating func strings() throws(WireError) -> [String] {
        let count = Int(try integer(UInt32.self))
        // Each needs at least its length field, so a count beyond that is a lie that must not reserve memory.
        guard count <= rest.count / 4 else { throw WireError("count \(count) exceeds the frame") }
        var result: [String] = []
        result.reserveCapacity(count)
        for _ in 0..<count { result.append(try string()) }
        return result
    }

    /// Everything that is left.
    mutating func takeRest() -> [UInt8] {
        defer { rest = [] }
        return Array(rest)
    }

    /// Checks that nothing is left.
    public func finish() throws(WireError) {
        if !rest.isEmpty { throw WireError("\(rest.count) bytes left over") }
    }

    private mutating func take(_ count: Int) throws(WireError) -> ArraySlice<UInt8> {
        guard count <= rest.count else { throw WireError("frame ends \(count - rest.count) bytes early") }
        defer { rest = rest.dropFirst(count) }
        return rest.prefix(count)
    }
}
