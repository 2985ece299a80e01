// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// An unchecked credential from a request.
public struct Credential: Hashable, Sendable {
    /// The first characters of a personal access token.
    static let tokenPrefix = "op_pat_"

    let kind: TokenKind
    /// The name in an API key. Nil for other credentials.
    let name: String?
    let secret: String

    /// Parses a personal access token, `op_pat_…`. Nil for other text.
    public init?(token text: some StringProtocol) {
        guard text.hasPrefix(Self.tokenPrefix) else { return nil }
        kind = .personalAccessToken
        name = nil
        secret = String(text.dropFirst(Self.tokenPrefix.count))
    }

    /// Parses an API key, `<name>$<secret>`. Nil for other text.
    public init?(apiKey text: some StringProtocol) {
        guard let dollar = text.firstIndex(of: "$") else { return nil }
        kind = .apiKey
        name = String(text[..<dollar])
        secret = String(text[text.index(after: dollar)...])
    }
}

/// A credential is described without its secret.
extension Credential: CustomStringConvertible {
    /// The kind and the name.
    public var description: String { "\(kind.rawValue)\(name.map { " \($0)" } ?? "")" }
}
