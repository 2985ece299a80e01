// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Why a field has no usable number.
enum HeaderNumberProblem: Error {
    case notANumber, outOfRange
}

/// The number in a field of a header. It is in octal digits, or in base 256 when the first bit is set, for numbers that
/// are negative or too large for octal digits (GNU tar manual, "Extensions to tar").
///
/// A field with only spaces and NUL bytes is 0, as for GNU tar, libarchive and Python's tarfile.
func headerNumber(_ field: ArraySlice<UInt8>) throws(HeaderNumberProblem) -> Int64 {
    guard let first = field.first else { return 0 }
    return first & 0x80 == 0 ? try octalNumber(field) : try binaryNumber(field, first: first)
}

private let space = UInt8(ascii: " ")

private func octalNumber(_ field: ArraySlice<UInt8>) throws(HeaderNumberProblem) -> Int64 {
    let padded = field.drop { $0 == space }
    var rest = padded
    var value: Int64 = 0
    while let byte = rest.first, byte != space, byte != 0 {
        guard let digit = octalDigit(byte) else { throw .notANumber }
        let (product, overflows) = value.multipliedReportingOverflow(by: 8)
        guard !overflows else { throw .outOfRange }
        value = product | digit
        rest = rest.dropFirst()
    }
    try checkEnd(rest, hasDigits: rest.count < padded.count)
    return value
}

private func octalDigit(_ byte: UInt8) -> Int64? {
    (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(byte) ? Int64(byte - UInt8(ascii: "0")) : nil
}

/// Checks the bytes after a number. Readers disagree about them. All readers ignore the bytes after a NUL that follows a
/// digit. Other bytes than spaces and NUL give different numbers in different readers, so they are refused.
private func checkEnd(_ rest: ArraySlice<UInt8>, hasDigits: Bool) throws(HeaderNumberProblem) {
    let isPadding = rest.prefix { hasDigits ? $0 != 0 : true }.allSatisfy { $0 == space || $0 == 0 }
    guard isPadding else { throw .notANumber }
}

/// Reads two's complement, big-endian. The first bit only marks base 256. The second bit is the sign.
private func binaryNumber(_ field: ArraySlice<UInt8>, first: UInt8) throws(HeaderNumberProblem) -> Int64 {
    let isNegative = first & 0x40 != 0
    var value = Int64(isNegative ? Int8(bitPattern: first) : Int8(first & 0x7f))
    for byte in field.dropFirst() {
        let (product, overflows) = value.multipliedReportingOverflow(by: 256)
        guard !overflows else { throw .outOfRange }
        value = product | Int64(byte)
    }
    return value
}
