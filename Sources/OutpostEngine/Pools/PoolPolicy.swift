// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// How many sandboxes are up before they are asked for.
public struct PoolPolicy: Hashable, Sendable {
    /// Kept for each kind of program that was asked for lately.
    public var floor: Int
    /// At most, for one kind; 0 starts every sandbox when it is asked for.
    public var ceiling: Int
    /// Seconds after the last request for a kind until its sandboxes are given back.
    public var idleSeconds: Int

    public init(floor: Int = 2, ceiling: Int = 16, idleSeconds: Int = 300) {
        self.floor = floor
        self.ceiling = ceiling
        self.idleSeconds = idleSeconds
    }
}
