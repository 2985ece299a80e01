// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// How much a namespace has of something, and may have.
public struct QuotaStanding: Hashable, Sendable {
    public let quota: Quota
    /// Nil when nothing bounds it.
    public let limit: Int?
    public let used: Int

    public init(_ quota: Quota, limit: Int?, used: Int) {
        self.quota = quota
        self.limit = limit
        self.used = used
    }

    /// The refusal of more, which names the quota, its limit and its use.
    public func refusal(in namespace: NamespaceName, retryAfter: Int? = nil) -> OutpostError {
        let bound = limit.map { ", limit \($0)" } ?? ""
        return OutpostError(
            quota.isStorage ? .insufficientStorage : .rateLimited,
            "the namespace \(namespace) has reached its quota \(quota.rawValue)\(bound), in use \(used)",
            retryAfter: retryAfter ?? (quota.isStorage ? 60 : 1))
    }
}
