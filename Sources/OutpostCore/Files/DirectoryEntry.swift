// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// An entry of a folder.
public struct DirectoryEntry: Hashable, Sendable {
    /// The path relative to the listed folder. Bytes that are not UTF-8 are replaced by U+FFFD.
    public var path: String
    /// The kind, size, mode and times of the entry.
    public var information: FileInformation
    /// The target of a symbolic link. Nil for other kinds.
    public var target: String?

    /// Creates an entry.
    public init(path: String, information: FileInformation, target: String? = nil) {
        self.path = path
        self.information = information
        self.target = target
    }
}

/// A change in a folder. Paths are relative to the folder.
public enum DirectoryChange: Hashable, Sendable {
    case created(String)
    case modified(String)
    /// An empty path means the watched folder itself. No change follows it.
    case deleted(String)
    case moved(from: String, to: String)
    /// Some changes were lost. The client must list the folder again.
    case overflow
}
