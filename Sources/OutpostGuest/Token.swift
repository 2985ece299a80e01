// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What the agent's loop is told of: one number for each descriptor that it waits for.
enum Token {
    static let requests: UInt64 = 0
    static let events: UInt64 = 1
    static let children: UInt64 = 2

    enum Kind: UInt64 {
        /// How the start of a process went.
        case start = 1
        /// Output of a stream.
        case output = 2
        /// Input of a stream.
        case input = 3
    }

    static func token(_ kind: Kind, _ number: UInt32) -> UInt64 { kind.rawValue << 32 | UInt64(number) }

    /// What such a number stands for; nil for one of the three above.
    static func kind(_ token: UInt64) -> (kind: Kind, number: UInt32)? {
        Kind(rawValue: token >> 32).map { ($0, UInt32(truncatingIfNeeded: token)) }
    }
}
