// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

/// One may have much while nobody else wants any, and there is always something for one that comes later.
struct FairShareTests {
    /// What each of `names` holds when one after the other takes as much as it can.
    private func greedy(_ total: Int, _ count: Int) -> [Int] {
        var held = [Int](repeating: 0, count: count)
        for name in held.indices {
            while FairShare.allows(held: held[name], taken: held.reduce(0, +), of: total) { held[name] += 1 }
        }
        return held
    }

    @Test(arguments: [(0, 0), (1, 1), (2, 2), (3, 3), (4, 3), (8, 6), (256, 192), (4096, 3072)])
    func oneAloneHasThreeQuarters(total: Int, most: Int) {
        #expect(greedy(total, 1) == [most])
        #expect(FairShare.most(of: total) == most)
    }

    @Test(arguments: [16, 64, 256, 4096])
    func twoGreedyOnesLeaveSomethingForAThird(total: Int) {
        let held = greedy(total, 3)
        #expect(held.allSatisfy { $0 > 0 })
        #expect(held.reduce(0, +) <= total)
    }

    @Test func whoHoldsMuchGetsNoMoreWhenOthersCame() {
        #expect(FairShare.allows(held: 100, taken: 100, of: 256))
        #expect(!FairShare.allows(held: 100, taken: 230, of: 256))
        #expect(FairShare.allows(held: 3, taken: 230, of: 256))
    }

    @Test func oneLargePieceIsHeldToTheSame() {
        #expect(FairShare.allows(held: 0, adding: 75, taken: 0, of: 100))
        #expect(!FairShare.allows(held: 0, adding: 77, taken: 0, of: 100))
        #expect(!FairShare.allows(held: 0, adding: 101, taken: 0, of: 100))
    }
}
