// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// The epoll tokens of the agent and the worker: one for each descriptor that the loop waits for.
enum Token {
    static let requests: UInt64 = 0
    static let events: UInt64 = 1
    static let children: UInt64 = 2

    enum Kind: UInt64 {
        /// The failure pipe of a starting process, or a connection that is not established yet.
        case start = 1
        /// Output of a stream.
        case output = 2
        /// Input of a stream.
        case input = 3
    }

    static func token(_ kind: Kind, _ number: UInt32) -> UInt64 { kind.rawValue << 32 | UInt64(number) }

    /// The kind and number of a token; nil for one of the three fixed tokens.
    static func kind(_ token: UInt64) -> (kind: Kind, number: UInt32)? {
        Kind(rawValue: token >> 32).map { ($0, UInt32(truncatingIfNeeded: token)) }
    }
}
