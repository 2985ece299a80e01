// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The bound on the bytes of the host's disk that one use of a namespace may take.
public enum StorageBound: Hashable, Sendable {
    /// No bound.
    case none
    /// A fixed number of bytes.
    case bytes(Int)
    /// The fair share of the disk. `free` is the number of bytes that are free for new data. It is below 0 when more is
    /// promised than the disk has.
    case share(free: Int)

    /// Whether the namespace may take `adding` bytes when it holds `held`.
    public func allows(held: Int, adding: Int) -> Bool {
        switch self {
        case .none: true
        case .bytes(let limit): held + adding <= limit
        case .share(let free): FairShare.allows(held: held, adding: adding, taken: 0, of: free)
        }
    }

    /// The most bytes that the namespace can hold now, when it holds `held`; nil for no bound.
    public func most(held: Int) -> Int? {
        switch self {
        case .none: nil
        case .bytes(let limit): limit
        case .share(let free): FairShare.most(of: max(0, held + free))
        }
    }

    /// The use and the limit in MiB. The use is rounded up.
    public func standing(_ quota: Quota, held: Int) -> QuotaStanding {
        QuotaStanding(quota, limit: most(held: held).map { $0 >> 20 }, used: (held + (1 << 20) - 1) >> 20)
    }

    /// The `insufficient_storage` error for a call that needs more. It names the quota and its use.
    public func refusal(_ quota: Quota, held: Int, in namespace: NamespaceName) -> OutpostError {
        guard case .share(let free) = self else { return standing(quota, held: held).refusal(in: namespace) }
        return OutpostError(
            .insufficientStorage,
            "the namespace \(namespace) has used up its share of \(quota.rawValue), in use \(held >> 20); the server keeps "
                + "the rest of the host's disk, \(max(0, free) >> 20) MiB, for others", retryAfter: 60)
    }
}
