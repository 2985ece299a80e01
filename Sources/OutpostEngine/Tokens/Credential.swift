// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import OutpostCore

/// What a caller shows to be let in, not yet checked.
public struct Credential: Hashable, Sendable {
    /// What a personal access token begins with.
    static let tokenPrefix = "op_pat_"

    let kind: TokenKind
    /// Of an API key.
    let name: String?
    let secret: String

    /// A personal access token, `op_pat_…`; nil when the text is none.
    public init?(token text: some StringProtocol) {
        guard text.hasPrefix(Self.tokenPrefix) else { return nil }
        kind = .personalAccessToken
        name = nil
        secret = String(text.dropFirst(Self.tokenPrefix.count))
    }

    /// An API key, `<name>$<secret>`; nil when the text is none.
    public init?(apiKey text: some StringProtocol) {
        guard let dollar = text.firstIndex(of: "$") else { return nil }
        kind = .apiKey
        name = String(text[..<dollar])
        secret = String(text[text.index(after: dollar)...])
    }
}

/// The secret is not shown.
extension Credential: CustomStringConvertible {
    public var description: String { "\(kind.rawValue)\(name.map { " \($0)" } ?? "")" }
}
