// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A part of a host file that becomes a file of the sandbox before the program starts.
public struct FileRegion: Hashable, Sendable {
    /// Absolute path in the sandbox.
    public let path: String
    /// Whether the file has mode 0755 and not 0644.
    public let isExecutable: Bool
    /// The host file.
    public let source: any OpenFile
    /// Start of the part in `source`, in bytes.
    public let offset: Int
    /// Size of the part, in bytes.
    public let size: Int

    /// Creates a region.
    public init(path: String, isExecutable: Bool, source: any OpenFile, offset: Int, size: Int) {
        self.path = path
        self.isExecutable = isExecutable
        self.source = source
        self.offset = offset
        self.size = size
    }

    /// Whether both are the same part of the same open file, at the same path.
    public static func == (left: FileRegion, right: FileRegion) -> Bool {
        left.source === right.source && left.path == right.path && left.isExecutable == right.isExecutable
            && left.offset == right.offset && left.size == right.size
    }

    /// Hashes the open file and the path.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(source))
        hasher.combine(path)
    }
}
