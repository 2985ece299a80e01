// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Options for writing a file.
public struct FileWriteOptions: Hashable, Sendable {
    /// Permission bits. Nil keeps the bits of an existing file, and means 0644 for a new one.
    public var mode: UInt32?
    /// The time of the last change in nanoseconds since 1970. Nil for the time of the write.
    public var modified: Int64?
    /// Whether to create missing parent folders.
    public var makesParents: Bool
    /// Whether an existing file is a conflict.
    public var isNew: Bool

    /// Creates options.
    public init(mode: UInt32? = nil, modified: Int64? = nil, makesParents: Bool = false, isNew: Bool = false) {
        self.mode = mode
        self.modified = modified
        self.makesParents = makesParents
        self.isNew = isNew
    }
}
