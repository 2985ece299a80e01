// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The kind of a token.
public enum TokenKind: String, Sendable, CaseIterable {
    /// A personal access token, `op_pat_…`.
    case personalAccessToken = "pat"
    /// An API key, `<name>$<secret>`.
    case apiKey = "api_key"
}

/// A right of a token. The API and the database use the raw values.
public enum TokenScope: String, Sendable, CaseIterable {
    case sandboxRead = "sandbox:read"
    case sandboxWrite = "sandbox:write"
    case jobRead = "job:read"
    case jobWrite = "job:write"
    /// All rights in the namespaces of the token, and the management of tokens.
    case admin
}
