// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Files that the host has sent for programs that are not started yet.
public struct StagedFiles {
    /// A file with absolute path, permission bits and content.
    public struct File: Hashable, Sendable {
        public let path: String
        public let mode: UInt32
        public internal(set) var content: [UInt8]
    }

    private var files: [(process: UInt32, file: File)] = []

    public init() {}

    /// Adds a part to the process's last file when it is of the same path, else begins a file.
    public mutating func append(process: UInt32, path: String, mode: UInt32, part: [UInt8]) {
        if let last = files.lastIndex(where: { $0.process == process }),
            files[last].file.path.utf8.elementsEqual(path.utf8)
        {
            files[last].file.content += part
        } else {
            files.append((process, File(path: path, mode: mode, content: part)))
        }
    }

    /// Takes the process's files out, in the order in which they came.
    public mutating func removeFiles(of process: UInt32) -> [File] {
        let taken = files.filter { $0.process == process }.map(\.file)
        files.removeAll { $0.process == process }
        return taken
    }
}
