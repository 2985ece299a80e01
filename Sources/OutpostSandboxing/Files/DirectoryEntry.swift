// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

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
