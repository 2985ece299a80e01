// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A failure of the test environment, and not a result that a test checks.
public struct FixtureError: Error, CustomStringConvertible {
    /// What failed.
    public let description: String

    /// Creates an error with this text.
    public init(_ description: String) { self.description = description }
}
