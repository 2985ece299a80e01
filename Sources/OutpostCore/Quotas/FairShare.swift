// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The part that one namespace may hold of a capacity that all namespaces share.
///
/// A namespace may take more while it holds less than three times the capacity that would then be free. So one namespace
/// alone can hold three quarters, and two can hold three sevenths each. Something is always left for a namespace that
/// comes later. This is the dynamic threshold of Choudhury and Hahne (IEEE/ACM Transactions on Networking 6(2), 1998),
/// which shares the buffer of a switch between its ports. A fixed part would either leave most of the capacity unused or
/// protect nobody.
public enum FairShare {
    private static let factor = 3

    /// Whether a namespace that holds `held` may take `adding` more. All namespaces together hold `taken` of `total`.
    ///
    /// The last unit goes to a namespace that holds less than three. So a capacity of less than four keeps nothing free.
    public static func allows(held: Int, adding: Int = 1, taken: Int, of total: Int) -> Bool {
        let free = total - taken
        return adding <= free && held + adding <= factor * (free - adding + 1)
    }

    /// The most that one namespace can hold when the others hold nothing.
    public static func most(of total: Int) -> Int { total < 1 ? 0 : factor * (total + 1) / (factor + 1) }
}
