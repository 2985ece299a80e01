// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// How many bytes of the host's disk something of a namespace's may take.
public enum StorageBound: Hashable, Sendable {
    case none
    /// So many.
    case bytes(Int)
    /// Its share of the disk, where so many bytes are free for something new; below 0 when more is promised than there is.
    case share(free: Int)

    /// Whether it may have `adding` bytes more than the `held` ones.
    public func allows(held: Int, adding: Int) -> Bool {
        switch self {
        case .none: true
        case .bytes(let limit): held + adding <= limit
        case .share(let free): FairShare.allows(held: held, adding: adding, taken: 0, of: free)
        }
    }

    /// The most bytes that it can have as things are, when it has `held`; nil for no bound.
    public func most(held: Int) -> Int? {
        switch self {
        case .none: nil
        case .bytes(let limit): limit
        case .share(let free): FairShare.most(of: max(0, held + free))
        }
    }

    /// What to tell of it, in MiB; what is begun counts.
    public func standing(_ quota: Quota, held: Int) -> QuotaStanding {
        QuotaStanding(quota, limit: most(held: held).map { $0 >> 20 }, used: (held + (1 << 20) - 1) >> 20)
    }

    /// The refusal of more, which names the quota and its use.
    public func refusal(_ quota: Quota, held: Int, in namespace: NamespaceName) -> OutpostError {
        guard case .share(let free) = self else { return standing(quota, held: held).refusal(in: namespace) }
        return OutpostError(
            .insufficientStorage,
            "the namespace \(namespace) has used up its share of \(quota.rawValue), in use \(held >> 20); the server keeps "
                + "the rest of the host's disk, \(max(0, free) >> 20) MiB, for others", retryAfter: 60)
    }
}
