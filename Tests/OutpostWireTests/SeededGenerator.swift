// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// SplitMix64: the same values in every run, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    mutating func integer<Value: FixedWidthInteger>(_: Value.Type = Value.self) -> Value {
        // Extremes are where codecs break, so they come more often than chance would have them.
        switch next() % 8 {
        case 0: .min
        case 1: .max
        default: Value(truncatingIfNeeded: next())
        }
    }

    mutating func bytes(upTo most: Int = 40) -> [UInt8] {
        (0..<Int.random(in: 0...most, using: &self)).map { _ in integer() }
    }

    mutating func text(upTo most: Int = 20) -> String {
        let alphabet: [Character] = ["a", "Z", "0", "/", "=", " ", "\n", "\0", "é", "文", "🏝", "👩‍🚀"]
        return String((0..<Int.random(in: 0...most, using: &self)).map { _ in alphabet[Int(next() % 12)] })
    }

    mutating func list<Element>(upTo most: Int = 5, _ element: (inout SeededGenerator) -> Element) -> [Element] {
        (0..<Int.random(in: 0...most, using: &self)).map { _ in element(&self) }
    }
}
