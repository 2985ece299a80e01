// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
    /// The value as compact JSON in UTF-8. Members keep their order. A double has the shortest form that parses to the
    /// same value; infinity and NaN, which JSON does not have, become `null`.
    public var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.write(self)
        return writer.output
    }
}

extension JSONValue {
    /// Appends a JSON string of UTF-8 that is valid, with its quotation marks. Much output needs no `String` for it.
    public static func append(utf8: [UInt8], to text: inout [UInt8]) {
        var writer = JSONWriter(output: text)
        // The writer has the only reference then, and copies nothing.
        text = []
        utf8.withUnsafeBufferPointer { writer.write($0) }
        text = writer.output
    }

    /// The most bytes that one byte of a string takes in JSON: `\u0001`.
    public static let mostEscaped = 6

    /// Returns the number of bytes that a string of these bytes takes in JSON, without its quotation marks.
    static func escapedCount(_ bytes: [UInt8]) -> Int {
        bytes.withUnsafeBufferPointer { bytes in
            bytes.reduce(0) { $0 + (!needsEscape($1) ? 1 : shortForm(of: $1) != nil ? 2 : mostEscaped) }
        }
    }
}

private struct JSONWriter {
    var output: [UInt8] = []

    mutating func write(_ value: JSONValue) {
        switch value {
        case .null: append("null")
        case .bool(let truth): append(truth ? "true" : "false")
        case .integer(let value): append(String(value))
        case .number(let value): append(value.isFinite ? value.description : "null")
        case .string(let text): write(text)
        case .array(let elements): write(elements)
        case .object(let members): write(members)
        }
    }

    private mutating func write(_ elements: [JSONValue]) {
        output.append(UInt8(ascii: "["))
        for (position, element) in elements.enumerated() {
            if position > 0 { output.append(UInt8(ascii: ",")) }
            write(element)
        }
        output.append(UInt8(ascii: "]"))
    }

    private mutating func write(_ object: JSONObject) {
        output.append(UInt8(ascii: "{"))
        for (position, member) in object.members.enumerated() {
            if position > 0 { output.append(UInt8(ascii: ",")) }
            write(member.name)
            output.append(UInt8(ascii: ":"))
            write(member.value)
        }
        output.append(UInt8(ascii: "}"))
    }

    private mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { write($0) }
    }

    mutating func write(_ utf8: UnsafeBufferPointer<UInt8>) {
        output.append(UInt8(ascii: "\""))
        escape(utf8)
        output.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ bytes: UnsafeBufferPointer<UInt8>) {
        output.reserveCapacity(output.count + bytes.count + bytes.count / 8)
        var start = 0
        while let position = bytes.firstToEscape(from: start) {
            output.append(contentsOf: bytes[start..<position])
            append(escaped: bytes[position])
            start = position + 1
        }
        output.append(contentsOf: bytes[start...])
    }

    private mutating func append(escaped byte: UInt8) {
        output.append(UInt8(ascii: "\\"))
        if let letter = shortForm(of: byte) { return output.append(letter) }
        append("u00")
        output.append(hexadecimalDigit(byte >> 4))
        output.append(hexadecimalDigit(byte & 15))
    }

    private mutating func append(_ text: String) { output.append(contentsOf: text.utf8) }
}

extension UnsafeBufferPointer<UInt8> {
    /// Returns the position of the next byte that JSON writes in another form; nil when there is none.
    ///
    /// It looks at eight bytes at a time. A borrow of the subtractions can mark only bytes after a byte that is marked
    /// rightly, so the lowest mark is always right.
    fileprivate func firstToEscape(from start: Int) -> Int? {
        var position = start
        let bytes = UnsafeRawBufferPointer(self)
        while position + 8 <= count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
            let isControl = (word &- 0x2020_2020_2020_2020) & ~word
            let isQuote = word.marks(of: UInt8(ascii: "\"")) | word.marks(of: UInt8(ascii: "\\"))
            let marks = (isControl | isQuote) & 0x8080_8080_8080_8080
            if marks != 0 { return position + marks.trailingZeroBitCount / 8 }
            position += 8
        }
        return (position..<count).first { needsEscape(self[$0]) }
    }
}

extension UInt64 {
    /// Marks the bytes that equal `byte` by their highest bits. Other bits have no meaning.
    fileprivate func marks(of byte: UInt8) -> UInt64 {
        let difference = self ^ (0x0101_0101_0101_0101 &* UInt64(byte))
        return (difference &- 0x0101_0101_0101_0101) & ~difference
    }
}

private func needsEscape(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
}

/// The letters after the backslash of the short forms.
private func shortForm(of byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): byte
    case 0x08: UInt8(ascii: "b")
    case 0x09: UInt8(ascii: "t")
    case 0x0A: UInt8(ascii: "n")
    case 0x0C: UInt8(ascii: "f")
    case 0x0D: UInt8(ascii: "r")
    default: nil
    }
}

/// Returns a digit of `\u00…`.
private func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}
