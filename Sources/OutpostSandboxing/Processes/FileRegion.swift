// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

public import OutpostCore

/// A part of a file of the host's, which becomes a file of the sandbox before the program starts.
public struct FileRegion: Hashable, Sendable {
    /// Absolute, in the sandbox.
    public let path: String
    public let isExecutable: Bool
    public let source: any OpenFile
    /// Bytes of `source` before the part.
    public let offset: Int
    /// Bytes of the part.
    public let size: Int

    public init(path: String, isExecutable: Bool, source: any OpenFile, offset: Int, size: Int) {
        self.path = path
        self.isExecutable = isExecutable
        self.source = source
        self.offset = offset
        self.size = size
    }

    public static func == (left: FileRegion, right: FileRegion) -> Bool {
        left.source === right.source && left.path == right.path && left.isExecutable == right.isExecutable
            && left.offset == right.offset && left.size == right.size
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(ObjectIdentifier(source))
        hasher.combine(path)
    }
}
