// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Stores claimed idempotency keys and the answers to their requests.
///
/// An answer survives a restart. A claim without an answer does not, because the call that held it is gone. A claim older
/// than `idempotencyLifetimeSeconds` counts as absent.
public protocol IdempotencyStore: Sendable {
    /// Claims `key` for a request whose body has the hash `bodyHash`, or returns the state of the first claim. Exactly
    /// one of several concurrent calls with the same key gets `.new`.
    func begin(
        _ key: IdempotencyKey, bodyHash: [UInt8], at now: Timestamp, within limits: IdempotencyLimits
    ) async throws(OutpostError) -> IdempotencyClaim

    /// Stores `answer` for a claimed key. Does nothing when the claim is gone or has an answer.
    func finish(_ key: IdempotencyKey, with answer: RecordedAnswer) async throws(OutpostError)

    /// Deletes a claim without an answer. The client can then send the request again.
    func abandon(_ key: IdempotencyKey) async throws(OutpostError)

    /// Returns what a namespace's records take.
    func usage(of namespace: NamespaceName) async throws(OutpostError) -> IdempotencyUsage

    /// Deletes the claims that began before `moment`.
    ///
    /// - Returns: the number of deleted claims.
    @discardableResult
    func sweep(before moment: Timestamp) async throws(OutpostError) -> Int
}

extension IdempotencyStore {
    /// Claims `key` without limits.
    public func begin(
        _ key: IdempotencyKey, bodyHash: [UInt8], at now: Timestamp
    ) async throws(OutpostError) -> IdempotencyClaim {
        try await begin(key, bodyHash: bodyHash, at: now, within: IdempotencyLimits())
    }
}

/// The lifetime of a claim in seconds: 24 hours.
public let idempotencyLifetimeSeconds: Int64 = 86_400
