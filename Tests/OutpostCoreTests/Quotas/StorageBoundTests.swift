// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore
import Testing

/// How much of the disk something may take.
struct StorageBoundTests {
    private static let mebibyte = 1 << 20

    @Test(arguments: [
        (StorageBound.none, Int.max / 2, 1, true), (.bytes(10), 4, 6, true), (.bytes(10), 4, 7, false),
        (.bytes(0), 0, 1, false), (.share(free: 100), 0, 75, true), (.share(free: 100), 0, 76, false),
        (.share(free: 25), 74, 1, true), (.share(free: 25), 75, 1, false), (.share(free: 0), 0, 1, false),
        (.share(free: -5), 0, 1, false),
    ])
    func moreIsAllowedUpToTheBound(bound: StorageBound, held: Int, adding: Int, isAllowed: Bool) {
        #expect(bound.allows(held: held, adding: adding) == isAllowed)
    }

    @Test func theMostIsToldInWholeMebibytes() {
        let held = Self.mebibyte + 1
        #expect(StorageBound.none.standing(.disk, held: held) == QuotaStanding(.disk, limit: nil, used: 2))
        let number = StorageBound.bytes(5 * Self.mebibyte).standing(.storedResults, held: held)
        #expect(number == QuotaStanding(.storedResults, limit: 5, used: 2))
        #expect(StorageBound.share(free: 7 * Self.mebibyte).most(held: Self.mebibyte) == 6 * Self.mebibyte)
        #expect(StorageBound.share(free: -9).most(held: 4) == 0)
    }

    @Test func aRefusalNamesTheQuota() {
        let number = StorageBound.bytes(Self.mebibyte).refusal(.storedResults, held: Self.mebibyte, in: .default)
        #expect(number.code == .insufficientStorage)
        #expect(number.message == "the namespace default has reached its quota stored_results_mb, limit 1, in use 1")
        let share = StorageBound.share(free: 2 * Self.mebibyte).refusal(.disk, held: 6 * Self.mebibyte, in: .default)
        #expect(share.code == .insufficientStorage && share.retryAfter == 60)
        #expect(
            share.message.hasPrefix(
                "the namespace default has used up its share of disk_mb, in use 6; the server keeps"))
    }
}
