// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// One thing that a token lets its bearer do. The raw values are the API's and the database's.
public enum TokenScope: String, Sendable, CaseIterable {
    case sandboxRead = "sandbox:read"
    case sandboxWrite = "sandbox:write"
    case jobRead = "job:read"
    case jobWrite = "job:write"
    /// Everything, in every namespace the token reaches, and the tokens themselves.
    case admin
}
