// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

extension JSONParser {
    /// Reads the string whose opening quote is at the offset. Copies runs without escapes as a whole, for speed.
    mutating func string() throws(JSONParseError) -> String {
        offset += 1
        let start = offset
        skipPlainRun()
        if current == UInt8(ascii: "\"") {
            defer { offset += 1 }
            return text(start..<offset)
        }
        var bytes = Array(input[start..<offset])
        while true {
            switch current {
            case UInt8(ascii: "\""):
                offset += 1
                return String(decoding: bytes, as: UTF8.self)
            case UInt8(ascii: "\\"):
                try escape(into: &bytes)
            case nil:
                throw error(.unexpectedEnd)
            default:
                throw error(.controlCharacter)
            }
            let run = offset
            skipPlainRun()
            bytes.append(contentsOf: input[run..<offset])
        }
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: UnsafeBufferPointer(rebasing: input[range]), as: UTF8.self)
    }

    private mutating func skipPlainRun() {
        while offset < input.count {
            let byte = input[offset]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return }
            offset += 1
        }
    }

    private mutating func escape(into bytes: inout [UInt8]) throws(JSONParseError) {
        offset += 1
        guard let letter = current else { throw error(.unexpectedEnd) }
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(letter)
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "u"):
            offset += 1
            return bytes.append(contentsOf: String(try escapedScalar()).utf8)
        default: throw error(.invalidEscape)
        }
        offset += 1
    }

    /// Reads four hexadecimal digits as a scalar. After a high surrogate, reads `\u` and the four digits of the low one too
    /// (RFC 8259, section 7).
    private mutating func escapedScalar() throws(JSONParseError) -> Unicode.Scalar {
        let start = offset
        let first = try hexadecimalUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        let lone = JSONParseError(reason: .loneSurrogate, offset: start)
        guard first < 0xDC00, current == UInt8(ascii: "\\") else { throw lone }
        offset += 1
        guard current == UInt8(ascii: "u") else { throw lone }
        offset += 1
        let second = try hexadecimalUnit()
        guard (0xDC00...0xDFFF).contains(second) else { throw lone }
        let code = 0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00)
        guard let scalar = Unicode.Scalar(code) else { throw lone }
        return scalar
    }

    private mutating func hexadecimalUnit() throws(JSONParseError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = current else { throw error(.unexpectedEnd) }
            guard let digit = hexadecimalDigit(byte) else { throw error(.invalidEscape) }
            unit = unit << 4 | digit
            offset += 1
        }
        return unit
    }
}

private func hexadecimalDigit(_ byte: UInt8) -> UInt16? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
    default: nil
    }
}
