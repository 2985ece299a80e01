// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// One requirement or recommendation for the host, and whether the host meets it.
public struct HostCheck: Hashable, Sendable {
    /// The result of a check.
    public enum Verdict: String, Sendable {
        case ok
        /// Sandboxes do not work without it.
        case missing
        /// Sandboxes work, but the operator should know.
        case note
    }

    /// The name of the requirement.
    public let name: String
    /// Whether the host meets it.
    public let verdict: Verdict
    /// What the check found.
    public let found: String
    /// What the operator can do. Empty when nothing is necessary.
    public let advice: String

    /// Creates the result of a check.
    public init(_ name: String, _ verdict: Verdict, _ found: String, advice: String = "") {
        self.name = name
        self.verdict = verdict
        self.found = found
        self.advice = advice
    }
}
