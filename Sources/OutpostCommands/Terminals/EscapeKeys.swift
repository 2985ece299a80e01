// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Finds the keys that end a session from this side: `~.` at the start of a line. `~~` there stands for one `~`.
struct EscapeKeys {
    private enum State {
        case lineStart, inLine
        /// A `~` at the start of a line, which waits for the next key.
        case tilde
    }

    private var state = State.lineStart
    private static let tilde = UInt8(ascii: "~")

    /// Returns the bytes to send, and whether the user ends the session.
    mutating func filter(_ bytes: [UInt8]) -> (send: [UInt8], ends: Bool) {
        var send: [UInt8] = []
        for byte in bytes {
            switch (state, byte) {
            case (.lineStart, Self.tilde): state = .tilde
            case (.tilde, UInt8(ascii: ".")): return (send, true)
            case (.tilde, Self.tilde):
                send.append(byte)
                state = .inLine
            case (.tilde, _):
                send += [Self.tilde, byte]
                state = Self.next(after: byte)
            default:
                send.append(byte)
                state = Self.next(after: byte)
            }
        }
        return (send, false)
    }

    private static func next(after byte: UInt8) -> State { byte == 13 || byte == 10 ? .lineStart : .inLine }
}
