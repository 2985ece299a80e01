// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

extension JSONParser {
    /// The largest length of a literal, in bytes. The exact value of any double fits in it.
    private static var maximumNumberLength: Int { 1100 }

    /// Reads the number at the offset: an exact integer when it fits 64 bits, else the nearest double.
    mutating func number() throws(JSONParseError) -> JSONValue {
        let start = offset
        let integer = try integerPart()
        let hasFraction = try fraction()
        let hasExponent = try exponent()
        if let integer, !hasFraction, !hasExponent { return .integer(integer) }
        guard offset - start <= Self.maximumNumberLength else {
            throw JSONParseError(reason: .numberOutOfRange, offset: start)
        }
        let text = String(decoding: input[start..<offset], as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            throw JSONParseError(reason: .numberOutOfRange, offset: start)
        }
        return .number(value)
    }

    /// Reads the sign and the digits before a point or exponent.
    ///
    /// - Returns: the value, or nil when it does not fit 64 bits.
    private mutating func integerPart() throws(JSONParseError) -> Int64? {
        let isNegative = current == UInt8(ascii: "-")
        if isNegative { offset += 1 }
        let start = offset
        var value: Int64? = 0
        while let digit = decimalDigit() {
            value = value.flatMap { appending(digit, to: $0, isNegative: isNegative) }
            offset += 1
        }
        guard offset > start else { throw error(.invalidNumber) }
        if input[start] == UInt8(ascii: "0"), offset - start > 1 {
            throw JSONParseError(reason: .invalidNumber, offset: start)
        }
        return value
    }

    /// Appends a digit; nil on overflow. Subtracts for negative numbers, because `-Int64.min` does not exist.
    private func appending(_ digit: Int64, to value: Int64, isNegative: Bool) -> Int64? {
        let (shifted, overflow) = value.multipliedReportingOverflow(by: 10)
        if overflow { return nil }
        let (sum, carry) =
            isNegative ? shifted.subtractingReportingOverflow(digit) : shifted.addingReportingOverflow(digit)
        return carry ? nil : sum
    }

    private mutating func fraction() throws(JSONParseError) -> Bool {
        guard current == UInt8(ascii: ".") else { return false }
        offset += 1
        try digits()
        return true
    }

    private mutating func exponent() throws(JSONParseError) -> Bool {
        guard current == UInt8(ascii: "e") || current == UInt8(ascii: "E") else { return false }
        offset += 1
        if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { offset += 1 }
        try digits()
        return true
    }

    private mutating func digits() throws(JSONParseError) {
        let start = offset
        while decimalDigit() != nil { offset += 1 }
        guard offset > start else { throw error(.invalidNumber) }
    }

    private func decimalDigit() -> Int64? {
        guard let byte = current, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
        return Int64(byte - UInt8(ascii: "0"))
    }
}
