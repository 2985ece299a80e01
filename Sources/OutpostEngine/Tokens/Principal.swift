// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// Who makes a call: the token it came with, as far as it matters.
public struct Principal: Hashable, Sendable {
    /// Identifies the credential in rate limits and idempotency keys.
    public let id: CredentialID
    public let name: String
    public let kind: TokenKind
    /// Nil for every namespace.
    public let namespace: NamespaceName?
    public let scopes: Set<TokenScope>
    public let plan: RatePlan

    public var isAdmin: Bool { scopes.contains(.admin) }

    /// - Throws: `forbidden` without the scope; `admin` stands for all of them.
    public func require(_ scope: TokenScope) throws(OutpostError) {
        guard isAdmin || scopes.contains(scope) else {
            throw OutpostError(.forbidden, "this token lacks the scope \(scope.rawValue)")
        }
    }

    /// - Throws: `forbidden` for another namespace, with the same words whether it exists or not.
    public func require(_ namespace: NamespaceName) throws(OutpostError) {
        guard isAdmin || self.namespace == nil || self.namespace == namespace else {
            throw OutpostError(.forbidden, "this token has no access to the namespace \(namespace)")
        }
    }
}
