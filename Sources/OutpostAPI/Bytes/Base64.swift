// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Base64 by RFC 4648 section 4: standard alphabet, padded, no white space, unused bits zero.
public enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")
    private static let invalid: UInt8 = 0xFF
    private static let sextets: [UInt8] = {
        var table = [UInt8](repeating: invalid, count: 256)
        for (value, letter) in alphabet.enumerated() { table[Int(letter)] = UInt8(value) }
        return table
    }()

    /// Returns the length of the text for this many bytes.
    static func count(of bytes: Int) -> Int { (bytes + 2) / 3 * 4 }

    /// Returns `bytes` as base64 text.
    public static func encode(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(count(of: bytes.count))
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - start)
            var group: UInt32 = 0
            for position in 0..<3 { group = group << 8 | (position < count ? UInt32(bytes[start + position]) : 0) }
            for position in 0..<4 {
                let sextet = Int(group >> (18 - 6 * UInt32(position)) & 0x3F)
                output.append(position <= count ? alphabet[sextet] : padding)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Returns the bytes that `text` encodes; nil when it is not strict base64.
    public static func decode(_ text: String) -> [UInt8]? {
        var text = text
        return text.withUTF8 { decode($0) }
    }

    private static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        let pads = text.suffix(2).reversed().prefix { $0 == padding }.count
        let letters = text.count - pads
        let sextets = sextets
        var output: [UInt8] = []
        output.reserveCapacity(text.count / 4 * 3)
        var group: UInt32 = 0
        for position in 0..<letters {
            let sextet = sextets[Int(text[position])]
            guard sextet != invalid else { return nil }
            group = group << 6 | UInt32(sextet)
            guard position % 4 == 3 else { continue }
            output.append(UInt8(truncatingIfNeeded: group >> 16))
            output.append(UInt8(truncatingIfNeeded: group >> 8))
            output.append(UInt8(truncatingIfNeeded: group))
            group = 0
        }
        return append(lastGroup: group, pads: pads, to: &output) ? output : nil
    }

    /// - Returns: false when an unused bit is set. Otherwise the same bytes would have more than one spelling.
    private static func append(lastGroup group: UInt32, pads: Int, to output: inout [UInt8]) -> Bool {
        switch pads {
        case 1:
            output.append(UInt8(truncatingIfNeeded: group >> 10))
            output.append(UInt8(truncatingIfNeeded: group >> 2))
            return group & 0b11 == 0
        case 2:
            output.append(UInt8(truncatingIfNeeded: group >> 4))
            return group & 0b1111 == 0
        default:
            return true
        }
    }
}
