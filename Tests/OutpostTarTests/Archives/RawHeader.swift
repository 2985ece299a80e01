// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A header of 512 bytes, put together by position and by nothing of what is tested.
struct RawHeader {
    enum Sum {
        case unsigned, signed, wrong
    }

    var bytes = [UInt8](repeating: 0, count: 512)
    var sum = Sum.unsigned

    init(_ name: String = "a", type: Character = "0", size: Int = 0) {
        set(0, name)
        set(100, "0000644\0")
        set(108, "0000000\0")
        set(116, "0000000\0")
        set(124, octal(size) + "\0")
        set(136, "00000000000\0")
        set(156, String(type))
        set(257, "ustar\u{0}00")
    }

    mutating func set(_ position: Int, _ text: String) { set(position, Array(text.utf8)) }

    mutating func set(_ position: Int, _ text: [UInt8]) {
        bytes.replaceSubrange(position..<(position + text.count), with: text)
    }

    func with(_ position: Int, _ text: String) -> RawHeader { with(position, Array(text.utf8)) }

    func with(_ position: Int, _ text: [UInt8]) -> RawHeader {
        var header = self
        header.set(position, text)
        return header
    }

    func with(sum: Sum) -> RawHeader {
        var header = self
        header.sum = sum
        return header
    }

    /// GNU tar's layout, for a sparse file with these parts.
    static func sparse(_ parts: [(Int, Int)], stored: Int, size: Int, continues: Bool = false) -> RawHeader {
        var header = RawHeader("sparse", type: "S", size: stored).with(257, "ustar  \0").with(483, octal(size) + "\0")
        for (position, part) in parts.enumerated() {
            header.set(386 + 24 * position, octal(part.0) + "\0" + octal(part.1) + "\0")
        }
        if continues { header.set(482, [1]) }
        return header
    }

    var summed: [UInt8] {
        var block = bytes
        block.replaceSubrange(148..<156, with: Array("        ".utf8))
        let total: Int
        switch sum {
        case .unsigned: total = block.reduce(0) { $0 + Int($1) }
        case .signed: total = block.reduce(0) { $0 + Int(Int8(bitPattern: $1)) }
        case .wrong: total = block.reduce(1) { $0 + Int($1) }
        }
        block.replaceSubrange(148..<156, with: Array((octal(total).suffix(6) + "\0 ").utf8))
        return block
    }
}

/// Eleven octal digits.
func octal(_ value: Int) -> String {
    let digits = String(value, radix: 8)
    return String(repeating: "0", count: max(0, 11 - digits.utf8.count)) + digits
}
