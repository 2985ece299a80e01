// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// What is known of a file, as seen inside the sandbox; a link is one itself.
public struct FileInformation: Hashable, Sendable {
    public enum Kind: String, Sendable {
        case file, directory, symlink, fifo, socket, device
    }

    public var kind: Kind
    /// Permission bits.
    public var mode: UInt32
    public var uid: UInt32
    public var gid: UInt32
    /// Bytes.
    public var size: UInt64
    /// Nanoseconds since 1970.
    public var modified: Int64

    public init(
        kind: Kind, mode: UInt32, uid: UInt32 = 0, gid: UInt32 = 0, size: UInt64 = 0, modified: Int64 = 0
    ) {
        self.kind = kind
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.size = size
        self.modified = modified
    }
}

/// An entry of a folder.
public struct DirectoryEntry: Hashable, Sendable {
    /// Below the folder that was listed. What is not UTF-8 in it is replaced by U+FFFD.
    public var path: String
    public var information: FileInformation
    /// Where a link leads; nil for others.
    public var target: String?

    public init(path: String, information: FileInformation, target: String? = nil) {
        self.path = path
        self.information = information
        self.target = target
    }
}

/// Something that changed in a folder. Paths are below it.
public enum DirectoryChange: Hashable, Sendable {
    case created(String)
    case modified(String)
    /// An empty path is the folder itself, and the last change.
    case deleted(String)
    case moved(from: String, to: String)
    /// More has changed than could be kept: look anew.
    case overflow
}

/// How a file is written.
public struct FileWriteOptions: Hashable, Sendable {
    /// Permission bits; nil for those of the file that is there, or 0644.
    public var mode: UInt32?
    /// Whether the folders above it are made.
    public var makesParents: Bool
    /// Whether it is a conflict when something is there.
    public var isNew: Bool

    public init(mode: UInt32? = nil, makesParents: Bool = false, isNew: Bool = false) {
        self.mode = mode
        self.makesParents = makesParents
        self.isNew = isNew
    }
}
