// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// One thing that the host should have, and whether it has it.
public struct HostCheck: Hashable, Sendable {
    public enum Verdict: String, Sendable {
        case ok
        /// Sandboxes cannot be made without it.
        case missing
        /// Worth knowing; sandboxes work.
        case note
    }

    public let name: String
    public let verdict: Verdict
    /// What was found.
    public let found: String
    /// What an operator can do about it; empty when nothing needs doing.
    public let advice: String

    public init(_ name: String, _ verdict: Verdict, _ found: String, advice: String = "") {
        self.name = name
        self.verdict = verdict
        self.found = found
        self.advice = advice
    }
}
