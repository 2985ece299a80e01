// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// The requests that carried a key, and their answers.
///
/// An answer survives a restart; a claim without an answer does not, since whoever held it is gone. Claims older than
/// `idempotencyLifetimeSeconds` are as if absent.
public protocol IdempotencyStore: Sendable {
    /// Claims `key` for a request whose body has the hash `bodyHash`, or tells what became of the first claim. Of many
    /// concurrent calls with one key exactly one gets `.new`.
    func begin(
        _ key: IdempotencyKey, bodyHash: [UInt8], at now: Timestamp, within limits: IdempotencyLimits
    ) async throws(OutpostError) -> IdempotencyClaim

    /// Keeps `answer` for the claim that `begin` gave. Does nothing when the claim is gone or has an answer.
    func finish(_ key: IdempotencyKey, with answer: RecordedAnswer) async throws(OutpostError)

    /// Gives up a claim that has no answer, so that the request can be sent again.
    func abandon(_ key: IdempotencyKey) async throws(OutpostError)

    /// How much is remembered for a namespace.
    func usage(of namespace: NamespaceName) async throws(OutpostError) -> IdempotencyUsage

    /// Removes the claims begun before `moment`, and returns how many they were.
    @discardableResult
    func sweep(before moment: Timestamp) async throws(OutpostError) -> Int
}

extension IdempotencyStore {
    /// Claims `key`, however much is remembered already.
    public func begin(
        _ key: IdempotencyKey, bodyHash: [UInt8], at now: Timestamp
    ) async throws(OutpostError) -> IdempotencyClaim {
        try await begin(key, bodyHash: bodyHash, at: now, within: IdempotencyLimits())
    }
}

/// How long a key is remembered, in seconds: 24 hours.
public let idempotencyLifetimeSeconds: Int64 = 86_400
