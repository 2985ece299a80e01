// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// A moment, as in timespec: `nanoseconds` after `seconds`, also before 1970.
public struct TarTime: Hashable, Sendable {
    /// Seconds since 1970-01-01T00:00:00Z.
    public var seconds: Int64
    /// Nanoseconds behind the second, 0 to 999,999,999.
    public var nanoseconds: UInt32

    /// A moment in seconds since 1970, and nanoseconds behind that.
    public init(seconds: Int64, nanoseconds: UInt32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }
}
