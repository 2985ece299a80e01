// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Files that the host has sent for programs that have not started yet.
public struct StagedFiles {
    /// A file to write.
    public struct File: Hashable, Sendable {
        /// The absolute path.
        public let path: String
        /// The permission bits.
        public let mode: UInt32
        /// The whole content, once all parts are appended.
        public internal(set) var content: [UInt8]
    }

    private var files: [(process: UInt32, file: File)] = []

    /// No files.
    public init() {}

    /// Appends a part to the process's last file if that has the same path. Otherwise begins a new file.
    public mutating func append(process: UInt32, path: String, mode: UInt32, part: [UInt8]) {
        if let last = files.lastIndex(where: { $0.process == process }),
            files[last].file.path.utf8.elementsEqual(path.utf8)
        {
            files[last].file.content += part
        } else {
            files.append((process, File(path: path, mode: mode, content: part)))
        }
    }

    /// Removes the files of a process and returns them in the order in which they came.
    public mutating func removeFiles(of process: UInt32) -> [File] {
        let removed = files.filter { $0.process == process }.map(\.file)
        files.removeAll { $0.process == process }
        return removed
    }
}
