// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore
import OutpostStore

/// The authenticated caller of a request.
public struct Principal: Hashable, Sendable {
    /// Identifies the credential in rate limits and idempotency keys.
    public let id: CredentialID
    /// The name of the token.
    public let name: String
    /// The kind of the token.
    public let kind: TokenKind
    /// The only namespace that the token can use. Nil means all.
    public let namespace: NamespaceName?
    /// What the token may do.
    public let scopes: Set<TokenScope>
    /// The rate limits of the token.
    public let plan: RatePlan

    /// Whether the token has the scope `admin`, which includes all others.
    public var isAdmin: Bool { scopes.contains(.admin) }

    /// Checks that the token has a scope.
    ///
    /// - Throws: `forbidden` without the scope. The scope `admin` includes all others.
    public func require(_ scope: TokenScope) throws(OutpostError) {
        guard isAdmin || scopes.contains(scope) else {
            throw OutpostError(.forbidden, "this token lacks the scope \(scope.rawValue)")
        }
    }

    /// Checks that the token can use a namespace.
    ///
    /// - Throws: `forbidden` for another namespace, with the same text whether it exists or not.
    public func require(_ namespace: NamespaceName) throws(OutpostError) {
        guard isAdmin || self.namespace == nil || self.namespace == namespace else {
            throw OutpostError(.forbidden, "this token has no access to the namespace \(namespace)")
        }
    }
}

extension Principal {
    init(_ record: TokenRecord) {
        self.init(
            id: record.id, name: record.name, kind: record.kind, namespace: record.namespace, scopes: record.scopes,
            plan: record.plan)
    }

    /// The same caller with fewer rights: at most these scopes, in one namespace.
    func limited(to scopes: Set<TokenScope>, in namespace: NamespaceName) -> Principal {
        Principal(
            id: id, name: name, kind: kind, namespace: namespace,
            scopes: isAdmin ? scopes : self.scopes.intersection(scopes),
            plan: plan)
    }
}
