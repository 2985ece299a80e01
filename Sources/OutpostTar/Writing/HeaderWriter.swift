// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Builds a header of 512 bytes (POSIX.1-2017, pax, "ustar Interchange Format").
struct HeaderWriter {
    private var block = [UInt8](repeating: 0, count: HeaderBlock.size)

    /// An empty header of this type.
    init(type: UInt8) {
        block[HeaderField.type.start] = type
        write(Array("ustar\0".utf8) + Array("00".utf8), to: .magic)
    }

    /// Writes `bytes` to `field`. The caller has checked that they fit.
    mutating func write(_ bytes: some Collection<UInt8>, to field: HeaderField) {
        for (position, byte) in bytes.prefix(field.count).enumerated() { block[field.start + position] = byte }
    }

    /// Writes `value` as octal digits and a NUL.
    mutating func write(_ value: UInt64, to field: HeaderField) {
        var rest = value
        block[field.start + field.count - 1] = 0
        for position in (0..<(field.count - 1)).reversed() {
            block[field.start + position] = UInt8(ascii: "0") + UInt8(rest & 7)
            rest >>= 3
        }
    }

    /// The header with its checksum: six digits, a NUL and a space.
    var bytes: [UInt8] {
        var header = self
        header.write([UInt8](repeating: UInt8(ascii: " "), count: 8), to: .checksum)
        let sum = header.block.reduce(UInt64(0)) { $0 + UInt64($1) }
        header.write(sum, to: HeaderField(start: HeaderField.checksum.start, count: 7, label: "checksum"))
        return header.block
    }
}

extension HeaderField {
    /// Whether the octal digits of `value` fit the field.
    func holds(_ value: UInt64) -> Bool { value >> UInt64(3 * (count - 1)) == 0 }
}
