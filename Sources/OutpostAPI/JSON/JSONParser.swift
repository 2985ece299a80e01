// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
    /// Parses `bytes` by RFC 8259. Refuses what the RFC leaves open: duplicate names, numbers outside the range of a
    /// double, more than 64 levels of nesting, and more than a million values.
    ///
    /// - Throws: the first problem with its byte offset.
    public init(parsing bytes: [UInt8]) throws(JSONParseError) {
        self = try bytes.withUnsafeBufferPointer { (buffer) throws(JSONParseError) -> JSONValue in
            try JSONValue(parsing: buffer)
        }
    }

    /// Parses `buffer` like an array of bytes. Keeps no reference to it after the call.
    public init(parsing buffer: UnsafeBufferPointer<UInt8>) throws(JSONParseError) {
        do {
            _ = try UTF8Span(validating: buffer.span)
        } catch {
            throw JSONParseError(reason: .invalidUTF8, offset: error.byteOffsets.lowerBound)
        }
        var parser = JSONParser(input: buffer)
        self = try parser.document()
    }
}

/// A recursive descent parser. The input must be valid UTF-8.
struct JSONParser {
    let input: UnsafeBufferPointer<UInt8>
    /// The number of bytes read.
    var offset = 0
    /// The number of values read.
    private var values = 0

    static let maximumDepth = 64
    static let maximumValues = 1_000_000

    init(input: UnsafeBufferPointer<UInt8>) { self.input = input }

    mutating func document() throws(JSONParseError) -> JSONValue {
        let value = try value(depth: 0)
        skipWhitespace()
        guard offset == input.count else { throw error(.trailingContent) }
        return value
    }

    func error(_ reason: JSONParseError.Reason) -> JSONParseError {
        JSONParseError(reason: reason, offset: offset)
    }

    /// The byte at the offset; nil at the end.
    var current: UInt8? { offset < input.count ? input[offset] : nil }

    private mutating func value(depth: Int) throws(JSONParseError) -> JSONValue {
        values += 1
        guard values <= Self.maximumValues else { throw error(.tooManyValues) }
        skipWhitespace()
        guard let first = current else { throw error(.unexpectedEnd) }
        switch first {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw error(.unexpectedByte)
        }
    }

    private mutating func array(depth: Int) throws(JSONParseError) -> JSONValue {
        guard depth < Self.maximumDepth else { throw error(.tooDeep) }
        offset += 1
        var elements: [JSONValue] = []
        if skip(UInt8(ascii: "]")) { return .array(elements) }
        repeat {
            elements.append(try value(depth: depth + 1))
        } while skip(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"))
        return .array(elements)
    }

    private mutating func object(depth: Int) throws(JSONParseError) -> JSONValue {
        guard depth < Self.maximumDepth else { throw error(.tooDeep) }
        offset += 1
        var members = JSONObject()
        if skip(UInt8(ascii: "}")) { return .object(members) }
        repeat {
            skipWhitespace()
            guard current == UInt8(ascii: "\"") else { throw unexpected() }
            let start = offset
            let name = try string()
            try expect(UInt8(ascii: ":"))
            guard members.insert(name, try value(depth: depth + 1)) else {
                throw JSONParseError(reason: .duplicateName, offset: start)
            }
        } while skip(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"))
        return .object(members)
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONParseError) -> JSONValue {
        for position in 0..<word.utf8CodeUnitCount {
            guard current == word.utf8Start[position] else { throw unexpected() }
            offset += 1
        }
        return value
    }

    private mutating func skipWhitespace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { offset += 1 }
    }

    /// Skips white space, and then `byte` when it comes next.
    ///
    /// - Returns: whether `byte` was there.
    private mutating func skip(_ byte: UInt8) -> Bool {
        skipWhitespace()
        guard current == byte else { return false }
        offset += 1
        return true
    }

    private mutating func expect(_ byte: UInt8) throws(JSONParseError) {
        guard skip(byte) else { throw unexpected() }
    }

    private func unexpected() -> JSONParseError { error(current == nil ? .unexpectedEnd : .unexpectedByte) }
}
