// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// `name` with each `%XX` replaced by its character, when `isReplaced` is true for that character.
///
/// GNU tar writes `%3D` and `%25` for `=` and `%`, which have a meaning in a keyword (GNU tar, xheader.c,
/// `xattr_encode_keyword`). libarchive escapes more characters.
func unescaped(_ name: ArraySlice<UInt8>, where isReplaced: (Unicode.Scalar) -> Bool) -> [UInt8] {
    var plain: [UInt8] = []
    var rest = name
    while let byte = rest.popFirst() {
        let digits = rest.prefix(2)
        if byte == UInt8(ascii: "%"), digits.count == 2, let value = hexadecimal(digits),
            isReplaced(Unicode.Scalar(value))
        {
            plain.append(value)
            rest = rest.dropFirst(2)
        } else {
            plain.append(byte)
        }
    }
    return plain
}

/// `name` with `%3D` in place of `=` and `%25` in place of `%`, as GNU tar writes it.
func escaped(_ name: [UInt8]) -> [UInt8] {
    name.flatMap { byte -> [UInt8] in
        switch byte {
        case UInt8(ascii: "="): Array("%3D".utf8)
        case UInt8(ascii: "%"): Array("%25".utf8)
        default: [byte]
        }
    }
}

/// Decodes base64 with or without `=` at its end; libarchive writes none. Nil for other text.
func decodedBase64(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    let digits = text.prefix { $0 != UInt8(ascii: "=") }
    guard digits.count % 4 != 1, text.dropFirst(digits.count).allSatisfy({ $0 == UInt8(ascii: "=") }) else {
        return nil
    }
    var bytes: [UInt8] = []
    var value: UInt32 = 0
    for (position, byte) in digits.enumerated() {
        guard let digit = base64Digit(byte) else { return nil }
        value = value << 6 | digit
        // Four digits are three bytes. Each digit except the first completes a byte.
        if position % 4 > 0 { bytes.append(UInt8(truncatingIfNeeded: value >> (6 - 2 * (position % 4)))) }
    }
    return bytes
}

private func base64Digit(_ byte: UInt8) -> UInt32? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(byte - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(byte - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
}

private func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt8? {
    var value: UInt8 = 0
    for byte in digits {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | (byte - UInt8(ascii: "0"))
        case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | (byte - UInt8(ascii: "A") + 10)
        case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | (byte - UInt8(ascii: "a") + 10)
        default: return nil
        }
    }
    return value
}
