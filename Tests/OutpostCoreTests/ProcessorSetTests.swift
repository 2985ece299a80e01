// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

/// Processors as the kernel numbers and lists them.
struct ProcessorSetTests {
    @Test(arguments: [
        ([], ""), ([0], "0"), ([1], "1"), ([0, 1], "0-1"), ([3, 1, 2], "1-3"), ([0, 2, 4], "0,2,4"),
        ([63, 64], "63-64"), ([0, 1, 3, 127, 128], "0-1,3,127-128"), ([8191], "8191"), ([5, 5], "5"),
    ])
    func theyAreListedAsTheKernelDoes(numbers: [Int], list: String) {
        let set = ProcessorSet(numbers)
        #expect(set.list == list)
        #expect(set.numbers == Set(numbers).sorted())
        #expect(set.count == Set(numbers).count)
        #expect(set.isEmpty == numbers.isEmpty)
    }

    @Test func equalSetsHaveEqualWords() {
        var set = ProcessorSet([1, 200])
        set.remove(200)
        set.remove(7)
        #expect(set == ProcessorSet([1]))
        #expect(ProcessorSet(words: [2, 0, 0]) == set)
        #expect(!set.contains(200))
    }
}
