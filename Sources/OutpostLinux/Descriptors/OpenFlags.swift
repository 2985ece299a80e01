// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The flags of open(2). Close-on-exec is always set.
public struct OpenFlags: OptionSet, Sendable {
    public let rawValue: Int32
    public init(rawValue: Int32) { self.rawValue = rawValue }

    public static let readOnly: OpenFlags = []
    public static let writeOnly = OpenFlags(rawValue: O_WRONLY)
    public static let readWrite = OpenFlags(rawValue: O_RDWR)
    public static let create = OpenFlags(rawValue: O_CREAT)
    public static let exclusive = OpenFlags(rawValue: O_EXCL)
    public static let truncate = OpenFlags(rawValue: O_TRUNC)
    public static let directory = OpenFlags(rawValue: O_DIRECTORY)
    public static let noFollow = OpenFlags(rawValue: O_NOFOLLOW)
    public static let noControllingTerminal = OpenFlags(rawValue: O_NOCTTY)
    public static let nonBlocking = OpenFlags(rawValue: O_NONBLOCK)
    /// O_PATH. Swift's Glibc module lacks it, because the header needs _GNU_SOURCE.
    public static let pathOnly = OpenFlags(rawValue: 0o10000000)
}
