// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
    /// The one value that `bytes` spell by RFC 8259. Stricter than the RFC where it leaves a choice: duplicate names,
    /// numbers beyond a double's range, nesting over 64 and more than a million values are refused.
    ///
    /// - Throws: the first refusal with its byte offset.
    public init(parsing bytes: [UInt8]) throws(JSONParseError) {
        self = try bytes.withUnsafeBufferPointer { (buffer) throws(JSONParseError) -> JSONValue in
            try JSONValue(parsing: buffer)
        }
    }

    /// As `init(parsing:)` of an array; reads `buffer` only during the call.
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

/// A recursive descent over bytes that are known to be valid UTF-8.
struct JSONParser {
    static let maximumDepth = 64
    static let maximumValues = 1_000_000

    let input: UnsafeBufferPointer<UInt8>
    var offset = 0
    private var values = 0

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

    /// The byte at the offset, nil at the end.
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

    /// Consumes `byte` and the white space before it, if it comes next.
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
