// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Holds the other side to its first word: it says which protocol it speaks, and it says so once.
public struct Greeting: Hashable, Sendable {
    private var isOver = false

    public init() {}

    /// Takes the next message of the other side.
    ///
    /// - Parameter hello: nil when the message is none.
    /// - Returns: whether it was the greeting, which is for nobody else.
    /// - Throws: `WireError` for a message before it, for a second one, and for another version.
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
