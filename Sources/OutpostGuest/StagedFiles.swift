// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

/// Files that the host has sent for runs that are not started yet.
struct StagedFiles {
    struct File {
        let path: String
        let mode: UInt32
        var content: [UInt8]
    }

    private var byRun: [UInt32: [File]] = [:]

    /// Adds a part to the run's last file when it is of the same path, else begins a file.
    mutating func append(run: UInt32, path: String, mode: UInt32, part: [UInt8]) {
        if let last = byRun[run]?.indices.last, byRun[run]?[last].path.utf8.elementsEqual(path.utf8) == true {
            byRun[run]?[last].content += part
        } else {
            byRun[run, default: []].append(File(path: path, mode: mode, content: part))
        }
    }

    mutating func take(run: UInt32) -> [File] { byRun.removeValue(forKey: run) ?? [] }
}
