// SPDX-FileCopyrightText: Outpost Sandboxes contributors
// SPDX-License-Identifier: Apache-2.0

import Foundation

/// The mounts of every process of this host.
public enum HostMounts {
    /// Returns the processes that have a mount from or to a path below `path`.
    public static func mentioning(_ path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }.compactMap { process in
            // A process that has ended meanwhile has no mounts.
            guard let mounts = try? String(contentsOfFile: "/proc/\(process)/mountinfo", encoding: .utf8) else {
                return nil
            }
            return mounts.contains(path) ? "mounts of process \(process)" : nil
        }
    }
}
