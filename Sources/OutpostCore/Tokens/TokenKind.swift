// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Which of the two kinds of credential a token is.
public enum TokenKind: String, Sendable, CaseIterable {
    /// A personal access token, `op_pat_…`.
    case personalAccessToken = "pat"
    /// An API key, `<name>$<secret>`.
    case apiKey = "api_key"
}
