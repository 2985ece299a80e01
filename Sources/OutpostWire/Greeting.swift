// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Checks that the other side sends one hello, with the right version, before any other message.
public struct Greeting: Hashable, Sendable {
    private var isOver = false

    /// Expects the hello.
    public init() {}

    /// Checks the next message of the other side.
    ///
    /// - Parameter hello: the hello; nil for any other message.
    /// - Returns: whether the message was the hello. The caller need not handle it further.
    /// - Throws: `WireError` for another message before the hello, a second hello, and another version.
    public mutating func check(_ hello: Hello?) throws(WireError) -> Bool {
        guard let hello else {
            guard isOver else { throw WireError("a message before the hello") }
            return false
        }
        guard !isOver, hello.version == Hello.currentVersion else {
            throw WireError("hello of version \(hello.version)")
        }
        isOver = true
        return true
    }
}
