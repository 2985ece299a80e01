// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The loop devices of this host.
public enum LoopDevices {
    /// Returns the loop devices whose file is at or below `path`, which is a data directory or inside one.
    public static func backed(by path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/sys/block").filter { $0.hasPrefix("loop") }.filter {
            // A loop device without a file has no such entry.
            let file = try? String(contentsOfFile: "/sys/block/\($0)/loop/backing_file", encoding: .utf8)
            return file.map { isBelow(path, $0.trimmingCharacters(in: .whitespacesAndNewlines)) } ?? false
        }
    }

    /// Whether the file is at or below the path. The kernel reports the path as the spawner sees it, with the data
    /// directory at `/data`.
    private static func isBelow(_ path: String, _ file: String) -> Bool {
        if file.hasPrefix(path) { return true }
        guard file.hasPrefix("/data/") else { return false }
        let inside = file.dropFirst("/data".count)
        let splits = inside.indices.filter { inside[$0] == "/" } + [inside.endIndex]
        return splits.contains { split in
            path.hasSuffix(inside[..<split]) && FileManager.default.fileExists(atPath: path + inside[split...])
        }
    }
}
