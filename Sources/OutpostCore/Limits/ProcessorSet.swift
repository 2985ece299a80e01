// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A set of the host's processors, by the kernel's numbers.
public struct ProcessorSet: Hashable, Sendable {
    /// The set as the kernel's bit mask: processor `n` is bit `n % 64` of word `n / 64`. The last word is never 0.
    public private(set) var words: [UInt64] = []

    /// The empty set.
    public init() {}

    /// The set of the processors with these numbers.
    public init(_ numbers: some Sequence<Int>) {
        for number in numbers { insert(number) }
    }

    /// The set with this bit mask, in the form of `words`.
    public init(words: [UInt64]) {
        self.words = words
        trim()
    }

    public var isEmpty: Bool { words.isEmpty }
    /// The number of processors in the set.
    public var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    public func contains(_ number: Int) -> Bool {
        number / 64 < words.count && words[number / 64] & 1 << UInt64(number % 64) != 0
    }

    public mutating func insert(_ number: Int) {
        while words.count <= number / 64 { words.append(0) }
        words[number / 64] |= 1 << UInt64(number % 64)
    }

    public mutating func remove(_ number: Int) {
        guard contains(number) else { return }
        words[number / 64] &= ~(1 << UInt64(number % 64))
        trim()
    }

    private mutating func trim() {
        while words.last == 0 { words.removeLast() }
    }

    /// The processors in ascending order.
    public var numbers: [Int] { (0..<words.count * 64).filter(contains) }

    /// The set in the kernel's list format, such as `0-3,6` (cpuset(7), "List format").
    public var list: String {
        var ranges: [ClosedRange<Int>] = []
        for number in numbers {
            if let last = ranges.last, last.upperBound == number - 1 {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }
}
