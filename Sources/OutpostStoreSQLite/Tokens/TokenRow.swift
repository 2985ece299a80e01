// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import OutpostCore
import OutpostStore

extension TokenRecord {
    /// The columns of `tokens`, in the order of `databaseArguments`.
    static let databaseColumns =
        "id, kind, name, namespace, scopes, plan, secret_hash, created_at, expires_at, last_used_at"

    var databaseArguments: StatementArguments {
        [
            id.rawValue, kind.rawValue, name, namespace?.rawValue,
            scopes.map(\.rawValue).sorted().joined(separator: " "),
            plan.rawValue, Data(secretHash), createdAt.milliseconds, expiresAt?.milliseconds,
            lastUsedAt?.milliseconds,
        ]
    }

    /// Reads a token from a row of `databaseColumns`.
    ///
    /// - Throws: `UndecodableRecord`, which names the column.
    init(row: Row) throws {
        self.init(
            id: try row.decoded("id") { CredentialID($0) }, name: try row.decoded("name"),
            kind: try row.decoded("kind", with: TokenKind.init(rawValue:)),
            namespace: try TokenRecord.namespace(in: row),
            scopes: try TokenRecord.scopes(in: row),
            plan: try row.decoded("plan", with: RatePlan.init(rawValue:)),
            secretHash: Array(try row.decoded("secret_hash", as: Data.self)),
            createdAt: try row.decodedTimestamp("created_at"),
            expiresAt: try row.decodedTimestampIfPresent("expires_at"),
            lastUsedAt: try row.decodedTimestampIfPresent("last_used_at"))
    }

    /// The token's namespace. Only a null is nil, which means all namespaces. A damaged name throws: it must not let the
    /// token reach more.
    private static func namespace(in row: Row) throws -> NamespaceName? {
        guard try row.decodedIfPresent("namespace", as: String.self) != nil else { return nil }
        return try row.decoded("namespace") { NamespaceName($0) }
    }

    private static func scopes(in row: Row) throws -> Set<TokenScope> {
        let text: String = try row.decoded("scopes")
        return try text.split(separator: " ").reduce(into: []) { scopes, word in
            guard let scope = TokenScope(rawValue: String(word)) else {
                throw UndecodableRecord(reason: "scopes has '\(word)'")
            }
            scopes.insert(scope)
        }
    }
}
