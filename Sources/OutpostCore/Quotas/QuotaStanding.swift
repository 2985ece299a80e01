// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A namespace's use of a quota and its limit.
public struct QuotaStanding: Hashable, Sendable {
    public let quota: Quota
    /// Nil for no limit.
    public let limit: Int?
    public let used: Int

    public init(_ quota: Quota, limit: Int?, used: Int) {
        self.quota = quota
        self.limit = limit
        self.used = used
    }

    /// The error for a call that needs more. It names the quota, its limit and its use.
    ///
    /// - Parameter retryAfter: seconds; nil for 60 when the quota is of disk space, and 1 otherwise.
    public func refusal(in namespace: NamespaceName, retryAfter: Int? = nil) -> OutpostError {
        let bound = limit.map { ", limit \($0)" } ?? ""
        return OutpostError(
            quota.isStorage ? .insufficientStorage : .rateLimited,
            "the namespace \(namespace) has reached its quota \(quota.rawValue)\(bound), in use \(used)",
            retryAfter: retryAfter ?? (quota.isStorage ? 60 : 1))
    }
}
