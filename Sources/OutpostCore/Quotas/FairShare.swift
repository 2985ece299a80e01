// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// How much of a capacity that all namespaces share one of them may hold.
///
/// A namespace may take more while it holds less than three times what would then be free. So one alone can have three
/// quarters, two of them three sevenths each, and there is always something left for one that comes later: this is the
/// dynamic threshold of Choudhury and Hahne (IEEE/ACM Transactions on Networking 6(2), 1998), which shares the buffer of
/// a switch between its ports. A fixed part would either leave most of the capacity unused or be no protection.
public enum FairShare {
    private static let factor = 3

    /// Whether a namespace that holds `held` may have `adding` more, when `taken` of `total` is held by all together.
    ///
    /// The last one of a capacity goes to a namespace that has less than three, so one of fewer than four keeps none back.
    public static func allows(held: Int, adding: Int = 1, taken: Int, of total: Int) -> Bool {
        let free = total - taken
        return adding <= free && held + adding <= factor * (free - adding + 1)
    }

    /// The most that one namespace can hold when the others hold nothing.
    public static func most(of total: Int) -> Int { total < 1 ? 0 : factor * (total + 1) / (factor + 1) }
}
